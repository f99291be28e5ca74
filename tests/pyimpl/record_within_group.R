# Records within_group.json: nlme's tight fits with correlation structures and variance functions, their parameters on the
# unconstrained scale, log-likelihoods and the fitted values that `fitted(.)` stands for (15 digits).
#
#   Rscript --vanilla tests/pyimpl/record_within_group.R tests/pyimpl/within_group.json

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]
tight <- lmeControl(rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, tolerance = 1e-10, niterEM = 200, maxIter = 500,
                    msMaxIter = 500, msMaxEval = 2000, returnObject = TRUE)

ovary <- list("Ovary", "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)", "pdDiag(~ sin(2 * pi * Time))", "Mare")
weight <- list("BodyWeight", "weight ~ Time * Diet", "pdLogChol(~ Time)", "Rat")
dialyzer <- list("Dialyzer", "rate ~ (pressure + I(pressure^2) + I(pressure^3) + I(pressure^4)) * QB",
                 "pdLogChol(~ pressure + I(pressure^2))", "Subject")
orthodont <- list("Orthodont", "distance ~ Sex * I(age - 11)", "pdLogChol(~ I(age - 11))", "Subject")
asked <- list(
  list(ovary, "corAR1()", NULL, "REML"), list(ovary, "corARMA(q = 2)", NULL, "REML"),
  list(ovary, "corCAR1(form = ~ Time)", NULL, "ML"), list(ovary, "corARMA(p = 1, q = 1)", NULL, "REML"),
  list(ovary, "corExp(form = ~ Time, nugget = TRUE)", NULL, "REML"), list(ovary, "corCompSymm()", "varExp(form = ~ Time)", "ML"),
  list(weight, NULL, "varPower()", "REML"), list(weight, "corExp(form = ~ Time)", "varPower()", "REML"),
  list(weight, "corExp(form = ~ Time, nugget = TRUE)", "varPower()", "REML"),
  list(weight, "corRatio(form = ~ Time)", "varPower()", "REML"), list(weight, "corGaus(form = ~ Time)", "varPower()", "ML"),
  list(weight, "corLin(form = ~ Time)", "varIdent(form = ~ 1 | Diet)", "REML"),
  list(dialyzer, NULL, "varPower(form = ~ pressure)", "REML"), list(dialyzer, NULL, "varPower(form = ~ pressure | QB)", "ML"),
  list(dialyzer, "corAR1()", "varComb(varIdent(form = ~ 1 | QB), varExp(form = ~ pressure))", "REML"),
  list(orthodont, NULL, "varIdent(form = ~ 1 | Sex)", "REML"), list(orthodont, "corSymm(form = ~ 1)", "varIdent(form = ~ 1 | Sex)", "ML")
)
free <- function(part) I(if (is.null(part)) numeric(0) else as.vector(coef(part)))
record <- function(call) {
  data <- get(call[[1]][[1]])
  parsed <- lapply(call[2:3], function(text) if (!is.null(text)) eval(str2lang(text)))
  random <- structure(list(eval(str2lang(call[[1]][[3]]))), names = call[[1]][[4]])
  fit <- suppressWarnings(do.call(lme, list(as.formula(call[[1]][[2]]), as.data.frame(data), random,
    correlation = parsed[[1]], weights = parsed[[2]], method = call[[4]], control = tight)))
  list(data = call[[1]][[1]], fixed = call[[1]][[2]], random = call[[1]][[3]], group = call[[1]][[4]], method = call[[4]],
       correlation = call[[2]], weights = call[[3]], log_lik = c(logLik(fit)), beta = I(unname(fixef(fit))),
       cor = free(fit$modelStruct$corStruct), var = free(fit$modelStruct$varStruct),
       fitted = I(as.vector(fitted(fit))))
}
answers <- list(nlme = as.character(packageVersion("nlme")), r = R.version.string, cases = lapply(asked, record))
writeLines(jsonlite::toJSON(answers, digits = I(17), auto_unbox = TRUE, null = "null"), output)
