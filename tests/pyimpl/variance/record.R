# Records answers.json: what nlme makes of each variance function on rows of three strata, at its initial values and at
# another point: parameters on both scales and the rows' weights, which are 1 / sd (15 digits).
#
#   Rscript --vanilla tests/pyimpl/variance/record.R tests/pyimpl/variance/answers.json
#
# Values by stratum are given in the order of the strata: nlme sometimes takes them by place and not by name.

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]

rows <- data.frame(
  g = c("b", "a", "b", "a", "c", "c", "b"), h = c("x", "x", "y", "y", "x", "y", "x"),
  v = c(1.5, 2, 0.5, 3, 4, 0.25, 1), w = c(-1.5, 2, 0.5, -3, 0, 0.25, 1)
)
calls <- c(
  "varFixed(~ v)", "varIdent(form = ~ 1 | g)", "varIdent(form = ~ 1 | g * h)", "varIdent(c(a = 2, c = 0.5), ~ 1 | g)",
  "varIdent(2, ~ 1 | g)", "varIdent(form = ~ 1 | g, fixed = c(a = 2))", "varIdent(form = ~ 1 | g, fixed = c(b = 2))",
  "varIdent(3, ~ 1 | g, fixed = c(a = 2))",
  "varPower(form = ~ v)", "varPower(0.3, ~ v)", "varPower(form = ~ v | g)", "varPower(0.3, ~ v | g)",
  "varPower(c(b = 0.1, a = 0.2, c = 0.3), ~ v | g)", "varPower(form = ~ v, fixed = 0.5)",
  "varPower(form = ~ v | g, fixed = list(b = 0.5))", "varPower(form = ~ v | g, fixed = c(b = 0.5, a = 0.2, c = 0.1))",
  "varExp(form = ~ w)", "varExp(0.3, ~ w | g)", "varExp(form = ~ w | g, fixed = list(a = 0.5))",
  "varConstPower(form = ~ v)", "varConstPower(2, 0.3, ~ v)", "varConstPower(form = ~ v | g)",
  "varConstPower(c(b = 1, a = 2, c = 3), 0.5, ~ v | g)", "varConstPower(form = ~ v, fixed = list(power = 0.5))",
  "varConstPower(form = ~ v, fixed = list(const = 2))",
  "varConstPower(2, 0.3, ~ w, fixed = list(power = 0.7))",
  "varConstProp(form = ~ w)", "varConstProp(2, 0.3, ~ w)", "varConstProp(0.5, 0.3, ~ w | g)",
  "varConstProp(form = ~ w, fixed = list(prop = 0.4))",
  "varComb(varIdent(c(a = 2, c = 0.5), ~ 1 | g), varPower(0.2, ~ v))", "varComb(varFixed(~ v), varExp(form = ~ w))",
  "varComb(varConstPower(form = ~ v), varIdent(form = ~ 1 | h), varExp(form = ~ w | h))"
)

at <- function(structure) {
  list(unconstrained = I(as.vector(coef(structure))),
       constrained = I(as.vector(coef(structure, unconstrained = FALSE, allCoef = TRUE))),
       weights = as.vector(varWeights(structure)))
}
record <- function(call) {
  structure <- Initialize(eval(str2lang(call)), rows)
  psi <- coef(structure)
  if (length(psi)) coef(structure) <- psi  # nlme's varConstPower and varConstProp weigh nothing before
  elsewhere <- structure
  if (length(psi)) coef(elsewhere) <- psi + rep_len(c(0.3, -0.2, 0.1), length(psi))
  shown <- coef(structure, unconstrained = FALSE, allCoef = TRUE)
  strata <- if (is.matrix(shown)) c(outer(rownames(shown), colnames(shown), paste, sep = ".")) else names(shown)
  list(call = call, title = attr(summary(structure), "structName"), names = I(as.character(strata)),
       at_start = at(structure), elsewhere = at(elsewhere))
}
answers <- list(nlme = as.character(packageVersion("nlme")), r = R.version.string, rows = as.list(rows),
                cases = lapply(calls, record))
writeLines(jsonlite::toJSON(answers, digits = I(17), auto_unbox = TRUE), output)
