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

# --- Starting values: nlme's likelihood at just those, its optimiser told to do nothing --------------------------
nothing <- lmeControl(msMaxIter = 0, maxIter = 0, niterEM = 0, returnObject = TRUE, apVar = FALSE)
frames <- list(children = children, dogs = dogs)
at_start <- function(data, fixed, random) {
  # Without data= nlme doesn't know the levels of a factor when a value is given, and begins elsewhere.
  frame <- frames[[data]]
  structure <- eval(parse(text = gsub("@", ", data = frame", random)))
  likelihood <- function(method) as.numeric(logLik(suppressWarnings(
    lme(as.formula(fixed), frame, structure, method = method, control = nothing))))
  list(data = data, fixed = fixed, random = gsub("@", "", random), REML = likelihood("REML"), ML = likelihood("ML"))
}
one <- function(random) at_start("children", "distance ~ age * Sex", random)
two <- function(random) at_start("dogs", "pixel ~ day + I(day^2)", random)
starts <- list(
  one("list(Subject = pdLogChol(c(0.3, -0.7, 0.2), ~ age@))"),
  one("list(Subject = pdLogChol(c(0.3, -0.7, -2, 0.2, -0.1, 0.4), ~ age + I(age^2)@))"),
  one("list(Subject = pdLogChol(matrix(c(1.5, -0.1, -0.1, 0.02), 2), ~ age@))"),
  one("list(Subject = pdSymm(c(0.3, -0.2, -1), ~ age@))"),
  one("list(Subject = pdSymm(c(0.3, -0.2, -1, 0.1, 0.4, -2), ~ age + I(age^2)@))"),
  one("list(Subject = pdSymm(diag(c(2, 0.1)), ~ age@))"),
  one("list(Subject = pdNatural(c(0.5, -1.5, -0.8), ~ age@))"),
  one("list(Subject = pdNatural(c(0.5, -1.5, -3, -0.8, 0.3, 0.2), ~ age + I(age^2)@))"),
  one("list(Subject = pdDiag(c(0.5, -1.5), ~ age@))"),
  one("list(Subject = pdDiag(0.5 * diag(2), ~ age@))"),
  one("list(Subject = pdIdent(-0.4, ~ visit - 1@))"),
  one("list(Subject = pdIdent(diag(3), form = ~ visit - 1@))"),
  one("list(Subject = pdCompSymm(c(0.2, 1.1), ~ visit - 1@))"),
  one("list(Subject = pdCompSymm(matrix(c(2, 0.5, 0.5, 0.5, 2, 0.5, 0.5, 0.5, 2), 3), ~ visit - 1@))"),
  one("list(Subject = pdBlocked(list(pdLogChol(0.4, ~ 1@), pdIdent(-1, ~ visit - 1@))))"),
  one("list(Subject = pdBlocked(list(pdSymm(c(0.3, -0.2, -1), ~ age@), pdCompSymm(c(-1, 0.5), ~ I(sin(age)) + I(cos(age)) - 1@))))"),
  two("list(Dog = pdLogChol(c(1, -0.5, 0.3), ~ day@), Side = pdLogChol(0.2, ~ 1@))"),
  two("list(Dog = pdDiag(c(1, -0.5), ~ day@), Side = pdSymm(c(0.5, 0.1, -1), ~ day@))"),
  two("list(Dog = pdNatural(c(1, -0.5, 0.8), ~ day@), Side = pdIdent(0.2, ~ 1@))"),
  two("list(Dog = pdCompSymm(c(0.7, 0.4), ~ Side - 1@), Side = pdDiag(-0.3, ~ 1@))"),
  two("list(Dog = pdBlocked(list(pdIdent(1, ~ 1@), pdDiag(-1, ~ day - 1@))), Side = pdCompSymm(c(-0.2, 0.9), ~ day@))"))
pd_of <- function(class, value, q) {
  names <- letters[seq_len(q)]
  list(class = class, value = I(value), matrix = unname(as.matrix(get(class)(value = value, nam = names))))
}
parameters <- list(
  pd_of("pdLogChol", 0.3, 1), pd_of("pdLogChol", c(0.3, -0.7, 0.2), 2), pd_of("pdLogChol", seq(-1, 1, length.out = 10), 4),
  pd_of("pdSymm", 0.3, 1), pd_of("pdSymm", c(0.3, -0.7, 0.2), 2), pd_of("pdSymm", seq(-1, 1, length.out = 10), 4),
  pd_of("pdNatural", 0.3, 1), pd_of("pdNatural", c(0.3, -0.7, 0.2), 2), pd_of("pdNatural", seq(-1, 1, length.out = 6), 3),
  pd_of("pdDiag", c(0.3, -0.7, 0.2), 3), pd_of("pdIdent", 0.3, 3),
  pd_of("pdCompSymm", c(0.3, -0.7), 2), pd_of("pdCompSymm", c(0.3, 1.7), 4))

# --- Updated formulas --------------------------------------------------------------------------------------------
old_formulas <- c("y ~ x", "y ~ x * z", "log(y) ~ x + I(x^2) + a:b", "y ~ a - 1", "y ~ 0 + x + offset(z)", "y ~ 1",
                  "sqrt(y) ~ (a + b + x)^2 - a:b", "y ~ x + poly(z, 2) + offset(log(x)) + offset(w)", "y ~ a/x",
                  "y ~ x %in% a + a", "y ~ a * b * x - b", "y ~ `my x` + ns(z, df = 3)")
new_formulas <- c(". ~ .", ". ~ . + w", ". ~ . - x", "~ . + w", ". ~ . - 1", ". ~ . + 1", "log(.) ~ .", ". / 2 ~ . * w",
                  ". ~ .^2", ". ~ . - a:b", "w ~ .", "w ~ x * z", ". ~ w", "~ 1", ". ~ . + offset(w)", ". ~ . - offset(w)",
                  ". ~ w:. + x", ". ~ w + .", ". ~ 0 + .", ". ~ . - .", ". ~ . + I(w^2) - I(x^2)", ". ~ . - offset(z) - a",
                  ". ~ (. - x) * b", ". ~ . %in% b", ". ~ b/(.)")
updates <- unlist(lapply(old_formulas, function(old) lapply(new_formulas, function(new) {
  answer <- tryCatch(update.formula(as.formula(old), as.formula(new)), error = function(e) NULL)
  if (is.null(answer)) return(NULL)
  t <- terms(answer)
  list(old = old, new = new, text = paste(deparse(answer, width.cutoff = 500L), collapse = " "),
       labels = I(attr(t, "term.labels")), intercept = attr(t, "intercept") == 1)
})), recursive = FALSE)

# --- Grouped data ------------------------------------------------------------------------------------------------
orders <- list(
  max = levels(groupedData(distance ~ age | Subject, children)$Subject),
  mean = levels(groupedData(distance ~ age | Subject, children, FUN = mean)$Subject),
  outer = levels(groupedData(distance ~ age | Subject, children, outer = ~Sex)$Subject),
  outer_two = levels(groupedData(distance ~ age | Subject, children, outer = ~ Sex + Sex)$Subject),
  kept = levels(groupedData(distance ~ age | Subject, children, order.groups = FALSE)$Subject),
  logged = levels(groupedData(log(distance) ~ age | Subject, subset(children, Sex == "Female"), FUN = min)$Subject),
  numbers = levels(groupedData(y ~ x | g, data.frame(y = c(3, 1, 2, 9, 1, 1), x = 1:6, g = c(10, 9, 8, 10, 9, 2)))$g),
  nested = levels(groupedData(pixel ~ day | Dog/Side, dogs)$Dog))
options(width = 80, digits = 7)
converged <- lmeControl(niterEM = 20000, msMaxIter = 0, maxIter = 1, returnObject = TRUE)
measured <- function(call) {
  call <- substitute(call)
  call$control <- quote(converged)
  fit <- suppressWarnings(eval(call, globalenv()))
  list(page = paste0(capture.output(print(fit)), collapse = "\n"), log_lik = as.numeric(logLik(fit)))
}
kids <- groupedData(distance ~ age | Subject, children)
pups <- groupedData(pixel ~ day | Dog/Side, dogs)
grouped <- list(
  missing = measured(lme(distance ~ age, kids)),
  missing_other = measured(lme(distance ~ log(age), kids)),
  whole = measured(lme(kids)),
  formula = measured(lme(distance ~ age * Sex, kids, random = ~1)),
  structure = measured(lme(distance ~ age * Sex, kids, random = pdDiag(~age))),
  list = measured(lme(nlme::lmList(distance ~ age | Subject, kids))))
grouped$nested_missing <- measured(lme(pixel ~ 1, pups))
grouped$nested_formula <- measured(lme(pixel ~ day + I(day^2), pups, random = ~1))

# --- Factors in the random part, a structure of its own at each level ---------------------------------------------
with_factors <- function(data, fixed, random) {
  frame <- frames[[data]]
  # nlme's EM does not get on with pdBlocked; its optimiser, tightened, does.
  tight <- lmeControl(rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, niterEM = 200, msMaxIter = 500, msMaxEval = 2000,
                      returnObject = TRUE)
  control <- if (grepl("pdBlocked", random)) tight else converged
  fit <- suppressWarnings(lme(as.formula(fixed), frame, eval(parse(text = random)), control = control))
  list(data = data, fixed = fixed, random = random, log_lik = as.numeric(logLik(fit)), sigma = fit$sigma,
       fixef = unname(fixef(fit)))
}
factors <- list(
  with_factors("children", "distance ~ age * Sex", "list(Subject = pdIdent(~ Sex - 1))"),
  with_factors("children", "distance ~ age * Sex", "list(Subject = pdDiag(~ Sex))"),
  with_factors("children", "distance ~ age * Sex", "list(Subject = pdCompSymm(~ factor(age > 10) - 1))"),
  with_factors("dogs", "pixel ~ day + I(day^2)", "list(Dog = pdCompSymm(~ Side - 1))"),
  with_factors("dogs", "pixel ~ day + I(day^2)", "list(Dog = pdDiag(~ day), Side = pdIdent(~ factor(day > 5) - 1))"),
  with_factors("dogs", "pixel ~ day + I(day^2)", "list(Dog = pdBlocked(list(~ day - 1, pdIdent(~ Side - 1))))"))

write_json(list(R = R.version.string, nlme = as.character(packageVersion("nlme")), lme4 = as.character(packageVersion("lme4")),
                data = list(children = columns(children), dogs = columns(dogs)), offsets = offsets, deficient = deficient, starts = starts,
                parameters = parameters, orders = orders, factors = factors, grouped = grouped,
                updates = Filter(Negate(is.null), updates)),
           output, digits = I(17), auto_unbox = TRUE)
