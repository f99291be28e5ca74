# Records answers.json: what nlme (converged by EM) says about predictions, random effects, coefficients, covariances
# and intervals of a few fits, and lme4 about conditional variances. The data are nlme's own and recorded beside the
# answers, with 15 digits.
#
#   Rscript --vanilla tests/pyimpl/effects/record.R tests/pyimpl/effects/answers.json

suppressPackageStartupMessages({
  library(nlme)
  library(lme4)
  library(jsonlite)
})
options(warn = -1, width = 80, digits = 7)
output <- commandArgs(trailingOnly = TRUE)[1]
fixed_point <- lmeControl(niterEM = 20000, msMaxIter = 0, maxIter = 1, returnObject = TRUE)

# --- The data ----------------------------------------------------------------------------------------------------
plain <- function(d) {
  d <- as.data.frame(d)
  for (name in names(d)) if (is.factor(d[[name]])) d[[name]] <- factor(as.character(d[[name]]), levels = levels(d[[name]]))
  d
}
children <- plain(Orthodont)
children$visit <- factor(c("b", "a", "c", "b", "c", "a")[1 + (7 * seq_len(nrow(children))) %% 6])
oats <- plain(Oats)
dogs <- plain(Pixel)
columns <- function(d) lapply(as.list(d), function(x) {
  if (is.factor(x)) list(values = as.character(x), levels = levels(x)) else list(values = unname(x))
})

# --- How things are written down ---------------------------------------------------------------------------------
page <- function(x) paste0(paste(capture.output(print(x)), collapse = "\n"), "\n")
table <- function(d) list(rows = I(row.names(d)), names = I(names(d)), page = page(d),
                          columns = unname(lapply(d, function(x) I(if (is.factor(x)) as.character(x) else as.vector(x)))))
tables <- function(r, page_of = r) {
  parts <- if (inherits(r, "data.frame")) list(r) else unclass(r)
  list(page = page(page_of), levels = unname(lapply(parts[seq_along(parts)], function(d) table(as.data.frame(d)))))
}
matrix_of <- function(v) list(names = I(rownames(v)), values = unname(matrix(as.vector(v), nrow(v))))
covariances <- function(fit, ...) {
  v <- getVarCov(fit, ...)
  list(page = page(v), matrices = if (is.list(v)) lapply(unclass(v)[names(v)], matrix_of) else list(matrix_of(unclass(v))))
}
frame <- function(d) list(names = I(names(d)), columns = unname(lapply(d, function(x) I(if (is.factor(x)) as.character(x) else unname(x)))))

# --- The fits ----------------------------------------------------------------------------------------------------
growth <- lme(distance ~ age, children, ~ age | Subject, control = fixed_point)
growth_ml <- lme(distance ~ age, children, ~ age | Subject, control = fixed_point, method = "ML")
plots <- lme(yield ~ nitro, oats, ~ 1 | Block/Variety, control = fixed_point)
sides <- lme(pixel ~ day + I(day^2), dogs, list(Dog = ~ day, Side = ~ 1), control = fixed_point)
fits <- list(growth = growth, growth_ml = growth_ml, plots = plots, sides = sides)

effects_of <- function(fit) {
  Q <- fit$dims$Q
  list(ranef = tables(ranef(fit)), standardized = tables(ranef(fit, standard = TRUE)),
       augmented = lapply(seq_len(Q), function(k) table(ranef(fit, augFrame = TRUE, level = k))),
       coef = lapply(seq_len(Q), function(k) table(coef(fit, level = k))),
       coef_augmented = lapply(seq_len(Q), function(k) table(coef(fit, augFrame = TRUE, level = k))))
}

new_children <- data.frame(age = c(8, 9.5, 10, 11), Subject = c("M01", "F03", "ZZ", "M16"))
new_plots <- data.frame(nitro = c(0, .2, .4, .5), Block = c("I", "II", "XX", "VI"),
                        Variety = c("Victory", "zz", "Victory", "Marvellous"))
predicted <- list(
  growth = list(new = frame(new_children), both = frame(predict(growth, new_children, level = 0:1)),
                reversed = frame(predict(growth, new_children, level = 1:0)),
                population = frame(data.frame(x = c(predict(growth, new_children, level = 0))))),
  plots = list(new = frame(new_plots), all = frame(predict(plots, new_plots, level = 0:2)),
               outer = frame(predict(plots, new_plots, level = 0:1)),
               ends = frame(predict(plots, new_plots, level = c(0, 2))),
               inner = frame(predict(plots, new_plots, level = 1:2))),
  refitted = frame(head(predict(plots, level = 0:2))),
  fitted = frame(as.data.frame(head(fitted(plots, level = 0:2)))),
  residuals = frame(as.data.frame(head(residuals(plots, level = 0:2, type = "p")))))

responses <- list(conditional = covariances(growth, type = "conditional"), marginal = covariances(growth, type = "marginal"),
                  chosen = covariances(growth, type = "marginal", individuals = c("M02", "F03")),
                  random = covariances(growth), whole = covariances(growth, type = "random.effects"))

# --- Intervals of each structure ---------------------------------------------------------------------------------
# nlme's EM is no ascent for pdBlocked: those are from its optimiser, tightened.
optimised <- lmeControl(rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, niterEM = 200, msMaxIter = 500, msMaxEval = 2000,
                        returnObject = TRUE)
interval_calls <- list(
  general = quote(lme(distance ~ age, children, ~ age | Subject, control = fixed_point)),
  general_ml = quote(lme(distance ~ age, children, ~ age | Subject, control = fixed_point, method = "ML")),
  natural = quote(lme(distance ~ age, children, list(Subject = pdNatural(~ age)), control = fixed_point)),
  symm = quote(lme(distance ~ age, children, list(Subject = pdSymm(~ age)), control = fixed_point)),
  diagonal = quote(lme(distance ~ age, children, list(Subject = pdDiag(~ age)), control = fixed_point)),
  identity = quote(lme(distance ~ age, children, list(Subject = pdIdent(~ age)), control = fixed_point)),
  compound = quote(lme(yield ~ nitro, oats, list(Block = pdCompSymm(~ Variety - 1)), control = fixed_point)),
  blocked = quote(lme(yield ~ nitro, oats, list(Block = pdBlocked(list(~ 1, pdIdent(~ Variety - 1)))), control = optimised)),
  blocked_general = quote(lme(pixel ~ day + I(day^2), dogs, list(Dog = pdBlocked(list(pdSymm(~ day), pdIdent(~ Side - 1)))),
                              control = optimised)),
  two_levels = quote(lme(pixel ~ day + I(day^2), dogs, list(Dog = ~ day, Side = ~ 1), control = fixed_point)),
  nested = quote(lme(yield ~ nitro, oats, ~ 1 | Block/Variety, control = fixed_point)))
interval_of <- function(call) {
  fit <- eval(call)
  i <- intervals(fit)
  half <- function(m) list(names = I(rownames(m)), values = unname(as.matrix(m)))
  list(call = paste(deparse(call, 500), collapse = ""), page = page(i), fixed = half(i$fixed),
       random = lapply(i$reStruct[names(i$reStruct)], half), sigma = as.vector(i$sigma), log_lik = c(logLik(fit)))
}

# --- lme4's conditional variances --------------------------------------------------------------------------------
tight <- lmerControl(optimizer = "nloptwrap", check.conv.grad = "ignore", check.conv.hess = "ignore",
                     optCtrl = list(xtol_abs = 1e-14, xtol_rel = 1e-14, ftol_abs = 1e-14, ftol_rel = 1e-14, maxeval = 5000))
conditional_variances <- function(formula, data, REML = TRUE) {
  fit <- lmer(formula, data, REML = REML, control = tight)
  lapply(ranef(fit, condVar = TRUE), function(r) {
    v <- attr(r, "postVar")
    list(groups = I(row.names(r)), names = I(names(r)), covariances = lapply(seq_len(dim(v)[3]), function(k) v[, , k, drop = TRUE]))
  })
}
of_lme4 <- list(growth = conditional_variances(distance ~ age + (age | Subject), children),
                growth_ml = conditional_variances(distance ~ age + (age | Subject), children, FALSE),
                plots = conditional_variances(yield ~ nitro + (1 | Block/Variety), oats),
                sides = conditional_variances(pixel ~ day + I(day^2) + (day | Dog) + (1 | Side:Dog), dogs))

write_json(list(R = R.version.string, nlme = as.character(packageVersion("nlme")), lme4 = as.character(packageVersion("lme4")),
                data = list(children = columns(children), oats = columns(oats), dogs = columns(dogs)),
                effects = lapply(fits, effects_of), predicted = predicted, responses = responses,
                intervals = lapply(interval_calls, interval_of), conditional_variances = of_lme4),
           output, digits = I(17), auto_unbox = TRUE, na = "null")
