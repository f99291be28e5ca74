# Records answers.json: what nlme makes of each correlation structure on rows of three groups, at its initial values and
# at another point: parameters on both scales, correlation matrices, log-determinants, a whitened column (15 digits).
# nlme's corARMA with 0 < p < q has other autocorrelations than stats::ARMAacf: no such case is here.
#
#   Rscript --vanilla tests/pyimpl/correlation/record.R tests/pyimpl/correlation/answers.json

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]

rows <- data.frame(
  g = c("a", "a", "a", "a", "a", "b", "b", "b", "c"),
  whole = c(1, 2, 3, 4, 5, 1, 2, 3, 1),
  gaps = c(1, 2, 5, 6, 9, 3, 5, 6, 2),
  jumbled = c(4, 1, 9, 2, 5, 6, 3, 5, 2),
  position = c(4, 1, 3, 2, 5, 5, 3, 4, 2),
  x = c(0.5, 1.5, 1.7, 3, 4.1, 0.2, 0.9, 2.2, 0),
  y = c(0, 1, 3, 2, 1.5, 1, 0, 0.5, 0),
  z = c(1.25, -0.5, 2, 0.75, -1.5, 0.3, 2.5, -1, 0.6)
)
calls <- c(
  "corAR1(form = ~ 1 | g)", "corAR1(0.4, ~ whole | g)", "corAR1(-0.6, ~ whole | g)", "corAR1(0.4, ~ gaps | g)",
  "corAR1(-0.6, ~ gaps | g)", "corAR1(0.4, ~ jumbled | g)", "corAR1(0.4, ~ whole | g, fixed = TRUE)",
  "corCAR1(form = ~ whole | g)", "corCAR1(0.7, ~ x | g)", "corCAR1(0.4, ~ jumbled | g)",
  "corARMA(form = ~ 1 | g, p = 1)", "corARMA(form = ~ 1 | g, p = 1, q = 1)", "corARMA(form = ~ gaps | g, p = 2)",
  "corARMA(c(0.5, -0.3), ~ gaps | g, p = 2)", "corARMA(0.5, ~ whole | g, q = 1)",
  "corARMA(c(0.4, 0.2), ~ gaps | g, q = 2)", "corARMA(c(0.5, -0.3, 0.4, 0.2), ~ whole | g, p = 2, q = 2)",
  "corARMA(c(0.5, -0.3, 0.4, 0.2), ~ gaps | g, p = 2, q = 2)", "corARMA(c(0.2, 0.3, -0.4), ~ jumbled | g, p = 2, q = 1)",
  "corARMA(c(0.3, -0.2, 0.4), ~ gaps | g, p = 3, q = 0)",
  "corCompSymm(form = ~ 1 | g)", "corCompSymm(0.3, ~ 1 | g)", "corCompSymm(-0.2, ~ 1 | g)",
  "corSymm(form = ~ 1 | g)", "corNatural(form = ~ 1 | g)",
  "corSymm(c(0.2, 0.3, 0.4, 0.1, 0.2, 0.1, -0.1, 0.3, 0.2, 0.15), ~ position | g)",
  "corNatural(c(0.2, 0.3, 0.4, 0.1, 0.2, 0.1, -0.1, 0.3, 0.2, 0.15), ~ position | g)",
  "corExp(form = ~ 1 | g)", "corExp(2, ~ x | g)", "corExp(c(2, 0.2), ~ x | g, nugget = TRUE)",
  "corExp(3, ~ jumbled | g, nugget = TRUE)", "corSpher(c(2, 0.2), ~ x | g, nugget = TRUE)",
  "corLin(2.5, ~ x | g)", "corExp(2, ~ x + y | g, metric = \"maximum\")", "corGaus(2, ~ x + y | g, metric = \"man\")",
  sprintf("%s(form = ~ x + y | g)", c("corExp", "corGaus", "corLin", "corRatio", "corSpher")),
  sprintf("%s(form = ~ x + y | g, nugget = TRUE)", c("corExp", "corGaus", "corLin", "corRatio", "corSpher"))
)

at <- function(structure) {
  whitened <- recalc(structure, list(Xy = cbind(rows$z), logLik = 0))
  constrained <- coef(structure, unconstrained = FALSE)
  list(unconstrained = I(as.vector(coef(structure))), constrained = I(as.vector(constrained)),
       matrices = lapply(unname(corMatrix(structure)), unclass), log_det = 2 * c(logDet(structure)),
       whitened = as.vector(whitened$Xy))
}
record <- function(call) {
  structure <- Initialize(eval(str2lang(call)), rows)
  elsewhere <- structure
  psi <- coef(structure)
  if (length(psi)) coef(elsewhere) <- psi + rep_len(c(0.3, -0.2, 0.1), length(psi))
  list(call = call, title = attr(summary(structure), "structName"), class = class(structure)[1],
       names = I(as.character(names(coef(structure, unconstrained = FALSE)))),
       at_start = at(structure), elsewhere = at(elsewhere))
}
answers <- list(nlme = as.character(packageVersion("nlme")), r = R.version.string, rows = as.list(rows),
                cases = lapply(calls, record))
writeLines(jsonlite::toJSON(answers, digits = I(17), auto_unbox = TRUE), output)
