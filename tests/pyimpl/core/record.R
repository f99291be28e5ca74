# Records answers.json: what lme4, nlme and update.formula say about offsets, dropped columns, starting values, grouped
# data and updated formulas. The data are nlme's own and recorded beside the answers, with 17 digits.
#
#   Rscript --vanilla tests/pyimpl/core/record.R tests/pyimpl/core/answers.json

suppressPackageStartupMessages({
  library(nlme)
  library(lme4)
  library(jsonlite)
})
options(warn = 1)
output <- commandArgs(trailingOnly = TRUE)[1]

# --- The data ----------------------------------------------------------------------------------------------------
plain <- function(d) {
  d <- as.data.frame(d)
  for (name in names(d)) if (is.factor(d[[name]])) d[[name]] <- factor(as.character(d[[name]]), levels = levels(d[[name]]))
  d
}
children <- plain(Orthodont)
children$base <- children$age / 2 + sin(seq_len(nrow(children)))
children$visit <- factor(rep(c("a", "b", "c"), 36))
dogs <- plain(Pixel)
columns <- function(d) lapply(as.list(d), function(x) {
  if (is.factor(x)) list(values = as.character(x), levels = levels(x)) else list(values = unname(x))
})

# --- lme4, converged as far as it goes ---------------------------------------------------------------------------
tight <- lmerControl(optimizer = "nloptwrap", check.conv.grad = "ignore", check.rankX = "silent.drop.cols",
                     optCtrl = list(xtol_abs = 1e-14, xtol_rel = 1e-14, ftol_abs = 1e-14, ftol_rel = 1e-14, maxeval = 5000))
by_lmer <- function(formula, data, REML = TRUE) {
  fit <- lmer(formula, data, REML = REML, control = tight)
  terms <- anova(fit)
  list(fixef = as.list(fixef(fit)), se = unname(sqrt(diag(as.matrix(vcov(fit))))), sigma = sigma(fit),
       sd = unname(as.data.frame(VarCorr(fit))$sdcor[1]), fitted = unname(fitted(fit)),
       log_lik = as.numeric(logLik(fit)),
       dropped = I(names(which(is.na(fixef(fit, add.dropped = TRUE))))),
       terms = I(rownames(terms)), num_df = I(terms$npar))
}
offsets <- list(
  one = by_lmer(distance ~ age * Sex + offset(base) + (1 | Subject), children),
  several = by_lmer(distance ~ offset(log(age)) + Sex + offset(2 * base) + (1 | Subject), children),
  ml = by_lmer(distance ~ age + offset(base) + (1 | Subject), children, REML = FALSE))
boys_miss_b <- subset(children, !(visit == "b" & Sex == "Male"))
deficient <- list(
  twice = by_lmer(distance ~ age * Sex + I(2 * age) + (1 | Subject), children),
  early = by_lmer(distance ~ age + I(3 - 2 * age) + Sex + (1 | Subject), children),
  cells = by_lmer(distance ~ visit * Sex + (1 | Subject), boys_miss_b))

write_json(list(R = R.version.string, nlme = as.character(packageVersion("nlme")), lme4 = as.character(packageVersion("lme4")),
                data = list(children = columns(children), dogs = columns(dogs)), offsets = offsets, deficient = deficient),
           output, digits = I(17), auto_unbox = TRUE)
