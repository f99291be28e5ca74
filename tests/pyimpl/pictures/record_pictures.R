# Records pictures.json: what nlme's plots draw. Lattice's drawing functions are replaced, where nlme finds them, by ones
# that also note what they were given; every panel's own data are noted too.
#
#   Rscript --vanilla tests/pyimpl/pictures/record_pictures.R tests/pyimpl/pictures/pictures.json
#
# The fits are converged by EM, so that they are at the optimum to eight digits.

suppressPackageStartupMessages({library(nlme); library(lattice)})
options(warn = -1)
output <- commandArgs(trailingOnly = TRUE)[1]
pdf(NULL) # nlme asks the device for its defaults

# --- JSON, without a package -----------------------------------------------------------------------------------------
number <- function(x) ifelse(is.na(x), "null", sprintf("%.15g", x))
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(parts, collapse = ",\n"), "]"))
    return(paste0("{", paste0(encodeString(names(x), quote = "\""), ":", parts, collapse = ",\n"), "}"))
  }
  cells <- if (is.character(x)) encodeString(x, quote = "\"") else number(as.numeric(x))
  paste0("[", paste(cells, collapse = ","), "]")
}

# --- what is drawn ---------------------------------------------------------------------------------------------------
drawn <- list()
note <- function(what, ...) drawn[[length(drawn) + 1]] <<- c(list(what = what, panel = lattice::packet.number()), list(...))
smooth <- function(x, y, span) {
  ok <- is.finite(x) & is.finite(y)
  d <- data.frame(x = x[ok], y = y[ok])
  fit <- loess(y ~ x, d, span = span, degree = 1, family = "symmetric", control = loess.control(surface = "direct"))
  at <- seq(min(d$x), max(d$x), length.out = 50)
  list(x = at, y = predict(fit, data.frame(x = at)))
}
hooks <- list(
  panel.xyplot = function(x, y, type = "p", ...) note(if (identical(type, "l")) "line" else "points", x = x, y = y),
  panel.abline = function(a = NULL, b = 0, h = NULL, v = NULL, ...) note("abline", a = a, b = b, h = unique(h), v = v),
  ltext = function(x, y, labels, ...) note("text", x = x, y = y, labels = as.character(labels)),
  lpoints = function(x, y, ...) note("points", x = x, y = y),
  llines = function(x, y, ...) note("line", x = x, y = y),
  lsegments = function(x0, y0, x1, y1, ...) note("segments", x0 = x0, y0 = y0, x1 = x1, y1 = y1),
  panel.superpose = function(x, y, subscripts, groups, type = "p", ...)
    note("series", x = x, y = y, group = as.integer(as.factor(groups))[subscripts]),
  panel.loess = function(x, y, span, ...) do.call(note, c(list("smooth"), smooth(x, y, span))),
  panel.histogram = function(x, breaks, ...)
    note("bars", x = breaks, y = 100 * hist(x, breaks = breaks, plot = FALSE)$counts / length(x)),
  panel.bwplot = function(x, y, horizontal = TRUE, ...) {
    values <- if (horizontal) x else y
    where <- as.integer(if (horizontal) y else x)
    for (k in sort(unique(where[!is.na(values)]))) {
      box <- boxplot.stats(values[where == k & !is.na(values)])
      note("box", at = k, numbers = box$stats, beyond = sort(box$out))
    }
  },
  panel.linejoin = function(x, y, fun, ...) {
    at <- sort(unique(x[!is.na(y)]))
    note("line", x = at, y = vapply(at, function(k) fun(y[x == k & !is.na(y)]), 0))
  })
imports <- parent.env(asNamespace("nlme"))
for (name in names(hooks)) {
  unlockBinding(name, imports)
  assign(name, hooks[[name]], envir = imports)
}

picture <- function(p) {
  drawn <<- list()
  pdf(NULL)
  print(p)
  dev.off()
  given <- lapply(p$panel.args, function(one) lapply(one[intersect(c("x", "y"), names(one))], function(v)
    if (is.data.frame(v)) NULL else as.numeric(v)))
  list(titles = do.call(paste, c(unname(expand.grid(lapply(p$condlevels, as.character))), sep = ", ")),
       xlab = as.character(p$xlab), ylab = as.character(p$ylab), panels = given, drawn = drawn)
}

# --- fits ------------------------------------------------------------------------------------------------------------
em <- lmeControl(niterEM = 20000, msMaxIter = 0, maxIter = 1, returnObject = TRUE)
orth <- lme(distance ~ I(age - 11), data = Orthodont, random = ~ I(age - 11) | Subject, control = em)
level <- lme(distance ~ I(age - 11), data = Orthodont, random = ~ 1 | Subject, control = em)
machines <- lme(score ~ 1, data = Machines, random = ~ Machine - 1 | Worker, control = em)
pixel <- lme(pixel ~ day + I(day^2), data = Pixel, random = list(Dog = ~ day, Side = ~ 1), control = em)
rats <- lme(weight ~ Time * Diet, data = BodyWeight, random = ~ Time | Rat, control = em)
regressions <- lmList(distance ~ I(age - 11) | Subject, data = Orthodont)
few <- compareFits(coef(regressions), coef(orth))

# --- pictures --------------------------------------------------------------------------------------------------------
pictures <- alist(
  default = plot(orth),
  panels = plot(orth, resid(., type = "p") ~ fitted(.) | Sex, id = 0.05),
  boxes = plot(orth, Subject ~ resid(.), abline = 0),
  sloped = plot(orth, distance ~ fitted(., level = 0), abline = c(0, 1), id = ~ Subject == "M13", idLabels = ~ age),
  histogram = histogram(~ resid(orth) | Sex, data = Orthodont, panel = hooks$panel.histogram), # plot.lme fails here
  two_conditions = plot(orth, abs(resid(., level = 0)) ~ age | Sex * Subject),
  qq = qqnorm(orth, id = 0.05),
  qq_panels = qqnorm(orth, ~ resid(., type = "n") | Sex, id = 0.1, abline = c(0, 1)),
  qq_effects = qqnorm(orth, ~ ranef(.), id = 0.1),
  qq_standard = qqnorm(orth, ~ ranef(., standard = TRUE)),
  qq_outer = qqnorm(pixel, ~ ranef(., level = 1), id = 0.3),
  qq_inner = qqnorm(pixel, ~ ranef(., level = 2), id = 0.1),
  pairs_panels = pairs(orth, ~ ranef(.) | Sex, id = ~ Subject == "M13"),
  pairs_coef = pairs(orth, id = 0.3),
  ranef = plot(ranef(orth)),
  ranef_by = plot(ranef(orth, augFrame = TRUE), form = ~ Sex),
  ranef_inner = plot(ranef(pixel), level = 2),
  ranef_against = plot(ranef(orth, augFrame = TRUE), form = `(Intercept)` ~ Sex + distance),
  intervals = plot(intervals(regressions)),
  list_default = plot(regressions, id = 0.05),
  list_qq = qqnorm(regressions, ~ ranef(.)), # fails with id
  list_pairs = pairs(regressions, id = 0.05),
  aug_pred = plot(augPred(orth, primary = ~ age, length.out = 5)),
  aug_pred_levels = plot(augPred(pixel, primary = ~ day, length.out = 4, level = 0:2)),
  compare_pred = plot(comparePred(orth, level, primary = ~ age, length.out = 3)),
  compare = plot(few, mark = fixef(orth)),
  compare_pairs = pairs(few),
  acf = plot(ACF(rats, maxLag = 6), alpha = 0.01),
  variogram = plot(Variogram(rats, form = ~ Time), sigma = 1),
  grouped = plot(Orthodont),
  grouped_outer = plot(Orthodont, outer = TRUE),
  grouped_inner = plot(Pixel, displayLevel = 1, inner = ~ Side),
  grouped_dots = plot(Machines))

recorded <- lapply(pictures, function(call) picture(eval(call)))
three <- pairs(machines, ~ ranef(.), id = 0.5)
drawn <- list()
pdf(NULL); print(three); dev.off()
recorded$pairs_three <- list(labels = sort(unique(unlist(lapply(Filter(function(d) d$what == "text", drawn), `[[`, "labels")))))
recorded$calls <- lapply(pictures, function(call) paste(deparse(call, width.cutoff = 500L), collapse = " "))
writeLines(json(c(list(R = R.version.string, nlme = as.character(packageVersion("nlme"))), recorded)), output)
