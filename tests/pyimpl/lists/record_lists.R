# Records lists.json: nlme's lmList, augPred, comparePred and compareFits on several data sets: numbers (17 digits),
# printed pages, and the data themselves, so that the tests run without R.
#
#   Rscript --vanilla tests/pyimpl/lists/record_lists.R tests/pyimpl/lists/lists.json

suppressPackageStartupMessages(library(nlme))
options(width = 80, digits = 7, warn = -1)
output <- commandArgs(trailingOnly = TRUE)[1]

# --- JSON, without a package -----------------------------------------------------------------------------------------
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.array(x) && length(dim(x)) > 1) {
    rows <- lapply(seq_len(dim(x)[1]), function(i) array(asplit(x, 1)[[i]], dim(x)[-1]))
    return(paste0("[", paste(vapply(rows, json, ""), collapse = ","), "]"))
  }
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(parts, collapse = ",\n"), "]"))
    return(paste0("{", paste0(encodeString(names(x), quote = "\""), ":", parts, collapse = ",\n"), "}"))
  }
  cells <- if (is.character(x)) encodeString(x, quote = "\"") else if (is.logical(x)) tolower(x) else number(x)
  if (length(x) == 1L && is.null(attr(x, "several")) && is.null(dim(x))) cells else paste0("[", paste(cells, collapse = ","), "]")
}
several <- function(x) structure(as.vector(x), several = TRUE)
page <- function(x, ...) paste(capture.output(print(x, ...)), collapse = "\n")
column <- function(x) if (is.factor(x))
  list(codes = several(as.integer(x) - 1), levels = several(levels(x)), ordered = is.ordered(x)) else several(x)
frame <- function(d) lapply(as.list(as.data.frame(d)), column)

# --- data ------------------------------------------------------------------------------------------------------------
Shuffled <- as.data.frame(Orthodont)[c(50:60, 1:49, 61:108), ] # groups in another order than their levels
Shuffled$Subject <- factor(as.character(Shuffled$Subject))
Gaps <- as.data.frame(Orthodont)[c(3, 7:9, 11:18, 20:33, 41:44, 61:108), ] # groups of one to four rows
Gaps$distance[c(5, 20)] <- NA
data <- list(Orthodont = Orthodont, Oxboys = Oxboys, IGF = IGF, Pixel = Pixel, Oats = Oats, Machines = Machines,
             BodyWeight = BodyWeight, Indometh = as.data.frame(Indometh), Theoph = as.data.frame(Theoph),
             Shuffled = Shuffled, Gaps = Gaps)
for (name in names(data)) assign(name, data[[name]])

# --- lists -----------------------------------------------------------------------------------------------------------
# R's pooled standard deviation counts undetermined coefficients as determined: pool = FALSE where there are some.
lists <- alist(
  orthodont = lmList(distance ~ age | Subject, Orthodont),
  centred = lmList(distance ~ I(age - 11) | Subject, Orthodont),
  unpooled = lmList(distance ~ age | Subject, Orthodont, pool = FALSE),
  females = lmList(distance ~ age | Subject, Orthodont, subset = Sex == "Female"),
  mean = lmList(distance ~ 1 | Subject, Orthodont),
  oxboys = lmList(height ~ age + I(age^2) | Subject, Oxboys),
  igf = lmList(conc ~ age | Lot, IGF),
  dogs = lmList(pixel ~ day | Dog/Side, Pixel, level = 1),
  sides = lmList(pixel ~ day | Dog/Side, Pixel),
  plots = lmList(yield ~ nitro | Block/Variety, Oats),
  machines = lmList(score ~ Machine | Worker, Machines),
  rats = lmList(weight ~ Time | Rat, BodyWeight),
  indometh = lmList(log(conc) ~ time | Subject, Indometh),
  theoph = lmList(log(conc + 1) ~ Time * log(Time + 1) | Subject, Theoph),
  shuffled = lmList(distance ~ age | Subject, Shuffled),
  gaps = lmList(distance ~ age | Subject, Gaps, na.action = na.omit, pool = FALSE)
)
record <- function(call) {
  fit <- eval(call)
  groups <- getGroups(fit)
  pool <- attr(fit, "pool")
  data_order <- function(x) several(unsplit(x, groups))
  s <- summary(fit)
  several_coefficients <- ncol(coef(fit)) > 1 # with one, and without pooling, intervals() fails
  list(
    r = paste(trimws(deparse(call)), collapse = " "), groups = several(names(fit)), names = several(colnames(coef(fit))),
    coef = unname(as.matrix(coef(fit))), tests = unname(aperm(unclass(coef(s)), c(3, 1, 2))),
    sigma = if (pool) c(pooledSD(fit)), df = if (pool) attr(pooledSD(fit), "df"),
    intervals = if (several_coefficients && pool) unname(aperm(unclass(intervals(fit, level = 0.9)), c(3, 1, 2))),
    log_lik = if (pool) c(logLik(fit)), aic = if (pool) AIC(fit), bic = if (pool) BIC(fit),
    fixef = several(fixef(fit)), ranef = unname(as.matrix(ranef(fit))),
    standardized = if (several_coefficients) unname(as.matrix(ranef(fit, standard = TRUE))),
    fitted = data_order(fitted(fit, asList = TRUE)), residuals = data_order(residuals(fit, asList = TRUE)),
    pooled = if (pool) data_order(residuals(fit, type = "pooled.pearson", asList = TRUE)),
    page = page(fit), ranef_page = page(ranef(fit)), summary = page(s), intervals_page = if (several_coefficients && pool) page(intervals(fit)))
}

# --- predictions -----------------------------------------------------------------------------------------------------
converged <- lmeControl(niterEM = 5000, msMaxIter = 0, maxIter = 1, returnObject = TRUE)
slopes <- lme(distance ~ age * Sex, Orthodont, ~ age | Subject, control = converged)
shuffled <- lme(distance ~ age * Sex, Shuffled, ~ age | Subject, control = converged)
linear <- lme(distance ~ age, Shuffled, ~ age | Subject, control = converged)
constant <- lme(distance ~ age, Shuffled, ~ 1 | Subject, control = converged)
pixel <- lme(pixel ~ day + I(day^2), Pixel, list(Dog = ~ day, Side = ~ 1), control = converged)
list_shuffled <- lmList(distance ~ age | Subject, Shuffled)
list_dogs <- lmList(pixel ~ day | Dog/Side, Pixel)
oats <- lme(yield ~ nitro, Oats, ~ 1 | Block/Variety, control = converged)
tables <- alist(
  own = augPred(slopes, length.out = 4), named = augPred(shuffled, primary = ~ age, length.out = 3),
  ends = augPred(shuffled, primary = "age", minimum = 5, maximum = 6, length.out = 2),
  population = augPred(shuffled, primary = ~ age, length.out = 3, level = 0),
  both = augPred(shuffled, primary = ~ age, length.out = 2, level = 0:1),
  dog = augPred(pixel, length.out = 3, level = 1), side = augPred(pixel, length.out = 3),
  plots = augPred(oats, primary = ~ nitro, length.out = 2), blocks = augPred(oats, primary = ~ nitro, length.out = 2, level = 1),
  all = augPred(pixel, length.out = 2, level = 0:2),
  # of rows that don't lie group by group, augPred.lmList mixes up the observations
  list = augPred(lmList(distance ~ age | Subject, Orthodont), length.out = 3), list_nested = augPred(list_dogs, primary = ~ day, length.out = 2),
  compare = comparePred(shuffled, constant, primary = ~ age, length.out = 3),
  compare_population = comparePred(shuffled, constant, primary = ~ age, length.out = 3, level = 0),
  compare_list = comparePred(shuffled, list_shuffled, primary = ~ age, length.out = 2))
table_of <- function(call) {
  a <- eval(call)
  list(r = paste(trimws(deparse(call)), collapse = " "), table = frame(a), rows = several(row.names(a)),
       x = attr(a, "labels")$x, y = attr(a, "labels")$y, page = page(a))
}
# Where one fit has coefficients that the other lacks, compareFits fails.
coefficients <- alist(
  same = compareFits(coef(constant), coef(list_shuffled)),
  one = compareFits(coef(linear), coef(constant), which = "age"),
  two = compareFits(ranef(linear), ranef(list_shuffled), which = 2:1))
compared <- function(call) {
  a <- eval(call)
  list(r = paste(trimws(deparse(call)), collapse = " "), names = several(dimnames(a)[[2]]), slices = several(dimnames(a)[[3]]),
       groups = several(dimnames(a)[[1]]), values = unname(aperm(unclass(a), c(3, 1, 2))), page = page(a))
}
# All groups, since predict pools over those of the new rows alone.
new <- data.frame(age = rep(c(7, 20, 11), 27), Subject = rep(names(list_shuffled), each = 3))
predicted <- predict(list_shuffled, new, se.fit = TRUE)
unpooled <- predict(list_shuffled, new, se.fit = TRUE, pool = FALSE)
by_subject <- function(p) list(Subject = several(p$Subject), fit = several(p$fit), se = several(p$se.fit))

writeLines(json(list(
  versions = list(R = R.version.string, nlme = as.character(packageVersion("nlme"))), data = lapply(data, frame),
  lists = lapply(lists, record), tables = lapply(tables, table_of), coefficients = lapply(coefficients, compared),
  new = frame(new), predicted = by_subject(predicted), unpooled = by_subject(unpooled))), output)
