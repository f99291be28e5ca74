# Records methods.json: what nlme's methods say of fits with correlations and variance functions (tight fits, 17 digits).
#
#   Rscript --vanilla tests/pyimpl/structured/record_methods.R tests/pyimpl/structured/methods.json

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]
tight <- lmeControl(rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, tolerance = 1e-10, niterEM = 200, maxIter = 500,
                    msMaxIter = 500, msMaxEval = 2000, returnObject = TRUE)
# By group: nlme's normalized residuals are another group's where rows don't lie so. `order` is recorded.
sorted <- function(data, group) {
  order <- order(data[[group]])
  structure(as.data.frame(data)[order, ], rows = order - 1L)
}
Orthodont <- sorted(Orthodont, "Subject"); Ovary <- sorted(Ovary, "Mare"); Dialyzer <- sorted(Dialyzer, "Subject")
BodyWeight <- sorted(BodyWeight, "Rat")
fits <- list(
  ar1 = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1(form = ~ 1 | Subject),
            weights = varIdent(form = ~ 1 | Sex), control = tight),
  arma = lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), Ovary, list(Mare = pdDiag(~ sin(2 * pi * Time))),
             correlation = corARMA(p = 1, q = 1), control = tight),
  general = lme(distance ~ age, Orthodont, list(Subject = pdDiag(~ age - 1)), correlation = corSymm(form = ~ 1 | Subject),
                control = tight),
  compound = lme(rate ~ pressure + I(pressure^2), Dialyzer, list(Subject = pdDiag(~ pressure - 1)),
                 correlation = corCompSymm(form = ~ 1 | Subject), weights = varPower(form = ~ pressure), control = tight),
  spatial = lme(weight ~ Time * Diet, BodyWeight, ~ 1 | Rat, correlation = corExp(form = ~ Time, nugget = TRUE), control = tight),
  ratio = lme(weight ~ Time * Diet, BodyWeight, ~ 1 | Rat, correlation = corRatio(form = ~ Time), control = tight),
  constant = lme(rate ~ pressure, Dialyzer, ~ 1 | Subject, weights = varConstPower(form = ~ pressure | QB), control = tight)
)
plain <- function(x) I(unname(as.vector(x)))
record <- function(fit) {
  level <- names(fit$groups)[1]
  group <- levels(fit$groups[[1]])[2]
  covariance <- function(type) unname(unclass(getVarCov(fit, individuals = group, type = type)[[1]]))
  curve <- attr(Variogram(fit), "modelVariog")
  list(data = as.character(fit$call$data), order = attr(eval(fit$call$data), "rows"), log_lik = c(logLik(fit)), pearson = plain(resid(fit, type = "pearson")), group = group,
       normalized = plain(resid(fit, type = "normalized")), outer = plain(resid(fit, level = 0, type = "normalized")),
       conditional = covariance("conditional"), marginal = covariance("marginal"),
       acf = plain(ACF(fit, resType = "normalized")$ACF), variogram = plain(Variogram(fit)$variog),
       curve = if (!is.null(curve)) list(variog = plain(curve$variog), dist = plain(curve$dist)),
       ranef = unname(as.matrix(ranef(fit))), ranef_names = I(rownames(ranef(fit))), sigma = fit$sigma)
}
m0 <- update(fits$ar1, correlation = NULL, weights = NULL)
m1 <- update(fits$ar1, weights = NULL)
ar1 <- fits$ar1
answers <- list(nlme = as.character(packageVersion("nlme")), r = R.version.string, fits = lapply(fits, record),
                anova = paste(capture.output(print(anova(m0, m1, ar1))), collapse = "\n"))
writeLines(jsonlite::toJSON(answers, digits = I(17), auto_unbox = TRUE, null = "null"), output)
