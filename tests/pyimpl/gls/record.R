# Records answers.json: nlme's gls fits of the models below, what its methods answer of them (17 digits) and how it
# prints that, and the data sets that fixtures/book doesn't have.
#
#   Rscript --vanilla tests/pyimpl/gls/record.R tests/pyimpl/gls/answers.json
#
# gls leaves its optimiser's tolerances alone and stops early, so that each fit is begun again from where the one before
# ended, up to twenty times, and the best of them is kept. With weights on fitted values the fixed point is what is
# looked for, so that there the last one is kept.

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]

milk <- as.data.frame(Milk)
milk <- droplevels(milk[milk$Cow %in% levels(milk$Cow)[seq(1, 79, 3)], ])
row.names(milk) <- NULL
spruce <- as.data.frame(Spruce)
spruce <- droplevels(spruce[as.integer(factor(spruce$Tree, unique(spruce$Tree))) <= 30, ])
row.names(spruce) <- NULL
sets <- list(Wheat2 = as.data.frame(Wheat2), SmallMilk = milk, SmallSpruce = spruce, Soybean = as.data.frame(Soybean))
for (name in names(sets)) assign(name, sets[[name]])

waves <- "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)"
quartic <- "rate ~ (pressure + I(pressure^2) + I(pressure^3) + I(pressure^4)) * QB"
growth <- "distance ~ Sex * I(age - 11)"
model <- function(data, model, correlation = NULL, weights = NULL, method = "REML", subset = NULL)
  list(data = data, model = model, correlation = correlation, weights = weights, method = method, subset = subset)
asked <- list(
  plain = model("Orthodont", growth),
  plainML = model("Orthodont", growth, method = "ML"),
  constant = model("Orthodont", "distance ~ 1"),
  ar1 = model("Ovary", waves, "corAR1(form = ~ 1 | Mare)"),
  arma2 = model("Ovary", waves, "corARMA(form = ~ 1 | Mare, q = 2)"),
  arma11 = model("Ovary", waves, "corARMA(form = ~ 1 | Mare, p = 1, q = 1)", method = "ML"),
  ungrouped = model("Orthodont", growth, "corAR1()"),
  general = model("Orthodont", growth, "corSymm(form = ~ 1 | Subject)", "varIdent(form = ~ 1 | age)"),
  natural = model("Orthodont", growth, "corNatural(form = ~ 1 | Subject)", method = "ML"),
  compound = model("Orthodont", growth, "corCompSymm(form = ~ 1 | Subject)", "varIdent(form = ~ 1 | Sex)", "ML"),
  power = model("Dialyzer", quartic, NULL, "varPower(form = ~ pressure)"),
  powerAR1 = model("Dialyzer", quartic, "corAR1(0.77, form = ~ 1 | Subject)", "varPower(form = ~ pressure)"),
  strata = model("Dialyzer", quartic, NULL, "varConstPower(form = ~ pressure | QB, power = 1)", "ML"),
  combined = model("Dialyzer", quartic, "corAR1(form = ~ 1 | Subject)",
                   "varComb(varIdent(form = ~ 1 | QB), varExp(form = ~ pressure))"),
  fitted = model("BodyWeight", "weight ~ Time * Diet", "corExp(form = ~ Time | Rat)", "varPower()"),
  known = model("Orthodont", growth, NULL, "varFixed(~ age)", "ML"),
  held = model("Orthodont", growth, "corCompSymm(0.4, form = ~ 1 | Subject, fixed = TRUE)", "varIdent(c(Female = 0.7), form = ~ 1 | Sex)"),
  boys = model("Orthodont", "distance ~ age", "corCAR1(form = ~ age | Subject)", subset = "Sex == \"Male\""),
  field = model("Wheat2", "yield ~ variety - 1", "corRatio(c(12.5, 0.2), form = ~ latitude + longitude, nugget = TRUE)"),
  sphere = model("Wheat2", "yield ~ variety - 1", "corSpher(c(28, 0.2), form = ~ latitude + longitude, nugget = TRUE)", method = "ML"),
  cows = model("SmallMilk", "protein ~ Diet + log(Time)", "corCAR1(form = ~ Time | Cow)", "varExp(form = ~ Time)"),
  trees = model("SmallSpruce", "logSize ~ days", "corGaus(form = ~ days | Tree, nugget = TRUE)", "varIdent(form = ~ 1 | plot)"),
  plots = model("Soybean", "weight ~ Variety * Time + I(Time^2)", "corLin(form = ~ Time | Plot)", "varPower(form = ~ Time)", "ML"),
  nearer_trees = model("SmallSpruce", "logSize ~ days", "corGaus(c(127, 0.013), form = ~ days | Tree, nugget = TRUE)", "varIdent(form = ~ 1 | plot)")
)

best <- function(call, data) {
  again <- function(fit) {
    model <- list(correlation = fit$modelStruct$corStruct, weights = fit$modelStruct$varStruct)
    arguments <- list(as.formula(call$model), data, method = call$method, control = glsControl(tolerance = 1e-10, msMaxIter = 500, maxIter = 500))
    if (length(call$correlation)) arguments$correlation <- if (is.null(fit)) eval(str2lang(call$correlation)) else model$correlation
    if (length(call$weights)) arguments$weights <- if (is.null(fit)) eval(str2lang(call$weights)) else model$weights
    if (length(call$subset)) arguments$subset <- call$subset
    tryCatch(do.call(gls, arguments), error = function(e) fit)
  }
  fit <- again(NULL)
  for (k in 1:20) {
    better <- again(fit)
    if (is.null(fit$modelStruct$varStruct) || !needUpdate(fit$modelStruct$varStruct))
      if (!is.finite(c(logLik(better))) || c(logLik(better)) <= c(logLik(fit))) break
    fit <- better
  }
  fit
}
printed <- function(what) paste(c(tryCatch(capture.output(print(what)), error = function(e) paste("Error:", conditionMessage(e)))), collapse = "\n")
numbers <- function(x) I(as.vector(x))
intervals_of <- function(fit) tryCatch({
  parts <- unclass(intervals(fit))
  lapply(parts, function(part) { m <- if (is.matrix(part)) part else matrix(part, 1, dimnames = list("sigma", NULL))
    list(label = attr(part, "label"), names = I(rownames(m)), values = matrix(m, ncol = 3)) })
}, error = function(e) NULL)
record <- function(name) {
  call <- asked[[name]]
  data <- as.data.frame(get(call$data))
  if (length(call$subset)) call$subset <- str2lang(call$subset)
  fit <- best(call, data)
  fit$call$model <- as.formula(call$model)
  fit$call$data <- as.name(call$data)
  table <- summary(fit)
  structure_of <- fit$modelStruct
  constrained <- function(part) if (is.null(part)) I(list()) else {
    values <- coef(part, unconstrained = FALSE, allCoef = TRUE)
    list(names = I(as.character(names(values))), values = numbers(values)) }
  covariance <- tryCatch(getVarCov(fit), error = function(e) NULL)
  grouped <- !is.null(fit$groups)
  in_order <- !grouped || !is.unsorted(order(fit$groups))
  message(name, " ", format(c(logLik(fit)), digits = 10))
  c(call[c("data", "model", "correlation", "weights", "method")],
    list(name = name, subset = if (length(call$subset)) asked[[name]]$subset,
    log_lik = c(logLik(fit)), df = attr(logLik(fit), "df"), aic = table$AIC, bic = table$BIC, sigma = fit$sigma,
    names = I(names(coef(fit))), beta = numbers(coef(fit)), vcov = unname(vcov(fit)), t_table = unname(table$tTable),
    cor = constrained(structure_of$corStruct), var = constrained(structure_of$varStruct),
    fitted = numbers(fitted(fit)), std = numbers(attr(fit$residuals, "std")),
    normalized = if (in_order) numbers(residuals(fit, type = "normalized")), covariance = if (!is.null(covariance)) unname(unclass(covariance)[,]),
    intervals = intervals_of(fit), quantiles = numbers(table$residuals),
    F = numbers(anova(fit)[["F-value"]]), F_marginal = numbers(anova(fit, type = "marginal")[["F-value"]]),
    pages = list(fit = printed(fit), summary = printed(table), anova = printed(anova(fit)),
                 marginal = printed(anova(fit, type = "marginal")), intervals = printed(intervals(fit)), covariance = printed(covariance),
                 acf = printed(ACF(fit)))))
}
columns <- function(set) lapply(set, function(column) if (is.factor(column))
  list(levels = I(levels(column)), codes = I(as.integer(column) - 1L), ordered = is.ordered(column)) else I(as.numeric(column)))

# Of one model: tests of some terms and of combinations, fits beside each other, predictions, a known sigma, few rows.
orthodont <- as.data.frame(Orthodont)
first <- gls(distance ~ Sex * I(age - 11), orthodont)
second <- gls(distance ~ Sex * I(age - 11), orthodont, corCompSymm(form = ~ 1 | Subject))
third <- lme(distance ~ Sex * I(age - 11), orthodont, ~ 1 | Subject)
few <- gls(distance ~ age, orthodont, subset = Subject == "M01")
few$call$data <- as.name("Orthodont")
known <- gls(distance ~ Sex, orthodont, control = list(sigma = 2))
extra <- list(
  terms = printed(anova(first, Terms = 2:3)), L = printed(anova(first, L = c(SexFemale = 1, "SexFemale:I(age - 11)" = 2))),
  L2 = printed(anova(first, L = rbind(a = c(0, 1, 0, 0), b = c(0, 0, 1, 1)))),
  comparison = printed(anova(first, second, third)), mixed_first = printed(anova(third, first)),
  predicted = numbers(predict(first, data.frame(Sex = c("Female", "Male"), age = c(9, 15.5)))),
  few = printed(summary(few)), known = printed(intervals(known)), known_log_lik = c(logLik(known)), known_vcov = unname(vcov(known)),
  variogram = printed(Variogram(second, form = ~ age)), variogram_of_rows = printed(Variogram(first)),
  spatial_variogram = printed(Variogram(gls(weight ~ Time * Diet, as.data.frame(BodyWeight), corExp(400, form = ~ Time | Rat, fixed = TRUE)))),
  augmented = printed(augPred(gls(distance ~ age * Sex, Orthodont, corCompSymm(form = ~ 1 | Subject)), length.out = 3)),
  augmented_rows = printed(augPred(gls(distance ~ age * Sex, Orthodont), length.out = 3)),
  acf_of_rows = printed(ACF(first, maxLag = 5)), lm_vcov = unname(vcov(lm(distance ~ Sex, orthodont))))
answers <- list(nlme = as.character(packageVersion("nlme")), r = R.version.string, data = lapply(sets, columns),
                cases = lapply(names(asked), record), extra = extra)
writeLines(jsonlite::toJSON(answers, digits = I(17), auto_unbox = TRUE, null = "null"), output)
