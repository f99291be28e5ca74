# Records diagnostics.json: nlme's ACF and Variogram of several fits, with the residuals they were taken of (17 digits)
# and the printed pages. The tests feed R's own residuals, so that numbers can be compared to rounding.
#
#   Rscript --vanilla tests/pyimpl/diagnostics/record_diagnostics.R tests/pyimpl/diagnostics/diagnostics.json

suppressPackageStartupMessages(library(nlme))
options(width = 80, digits = 7, warn = 1)
output <- commandArgs(trailingOnly = TRUE)[1]

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste(sprintf("\"%s\":%s", names(x), vapply(x, json, "")), collapse = ",\n"), "}"))
  cells <- if (is.character(x)) encodeString(x, quote = "\"") else if (is.logical(x)) tolower(x) else number(x)
  if (length(x) == 1L && is.null(attr(x, "several"))) cells else paste0("[", paste(cells, collapse = ","), "]")
}
several <- function(x) structure(unname(x), several = TRUE)
page <- function(x) paste(capture.output(print(x)), collapse = "\n")

acf_of <- function(fit, ...) {
  a <- ACF(fit, ...)
  list(lag = several(a$lag), acf = several(a$ACF), n_used = several(attr(a, "n.used")), page = page(a))
}
# Arguments go by pyimpl's names; R's are given by the same list.
variogram_of <- function(fit, arguments) {
  renamed <- c(max_dist = "maxDist", n_int = "nint", collapse = "collapse", robust = "robust", metric = "metric",
               breaks = "breaks", form = "form")
  given <- arguments
  names(given) <- renamed[names(given)]
  if (!is.null(given$form)) given$form <- as.formula(given$form)
  v <- do.call(Variogram, c(list(fit), given))
  none <- identical(arguments$collapse, "none")
  # each pair by itself is thousands of rows: their first and last 40, and sums in the order of the rows
  shown <- if (none && nrow(v) > 80) c(1:40, nrow(v) - 39:0) else seq_len(nrow(v))
  list(arguments = lapply(arguments, function(a) if (length(a) > 1) several(a) else a), rows = nrow(v),
       weighted = sum(v$variog * seq_len(nrow(v))), variog = several(v$variog[shown]), dist = several(v$dist[shown]),
       n_pairs = if (none) several(numeric()) else several(v$n.pairs), page = if (length(shown) == nrow(v)) page(v) else "")
}

numbered <- function(x) { names(x) <- sprintf("%02d", seq_along(x)); x }
case <- function(fit, coordinates, variograms, acfs) {
  codes <- getGroups(fit, level = fit$dims$Q)
  list(residuals = several(resid(fit, type = "pearson")), codes = several(as.integer(codes) - 1L),
       coordinates = if (length(coordinates)) lapply(coordinates, several) else several(numeric()),
       acf = numbered(lapply(acfs, function(a) c(list(arguments = a), do.call(acf_of, c(list(fit), setNames(a, sub("max_lag", "maxLag", names(a)))))))),
       variogram = numbered(lapply(variograms, function(a) variogram_of(fit, a))))
}

# Variogram(fit) without a form takes the rows of group k, in the order of the levels, for those of level k wherever they
# are: it is only right where levels come in the order of the rows.
in_order <- function(data, group) {
  data <- as.data.frame(data)
  data[[group]] <- factor(as.character(data[[group]]), levels = unique(as.character(data[[group]])))
  data
}
Ovary <- in_order(Ovary, "Mare")
BodyWeight <- in_order(BodyWeight, "Rat")
Orthodont <- in_order(Orthodont, "Subject")

set.seed(20221122)
shuffled <- Ovary[sample(nrow(Ovary)), ]
ragged <- BodyWeight[-c(2, 3, 7, 30:38, 41, 90), ] # a group with one row, times that are missing
tenths <- transform(BodyWeight, Time = Time / 10) # distances that differ in the last place
fit_ovary <- lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), Ovary, list(Mare = pdDiag(~ sin(2 * pi * Time))))
fit_shuffled <- lme(follicles ~ sin(2 * pi * Time), shuffled, ~ 1 | Mare)
fit_weight <- lme(weight ~ Time * Diet, BodyWeight, ~ Time | Rat)
fit_ragged <- lme(weight ~ Time, ragged, ~ 1 | Rat)
fit_tenths <- lme(weight ~ Time, tenths, ~ 1 | Rat)
fit_orthodont <- lme(distance ~ age, Orthodont, ~ 1 | Subject)
fit_wheat <- lme(yield ~ variety - 1, Wheat2, ~ 1 | Block)
converged <- lmeControl(niterEM = 20000, msMaxIter = 0, maxIter = 1, returnObject = TRUE)
fit_pixel <- suppressWarnings(lme(pixel ~ day + I(day^2), Pixel, list(Dog = ~ day, Side = ~ 1), control = converged))

none <- list(collapse = "none")
time <- function(...) list(form = "~ Time", ...)
place <- function(...) list(form = "~ latitude + longitude", ...)
cases <- list(
  ovary = case(fit_ovary, list(Time = Ovary$Time),
    list(list(), none, list(n_int = 40), list(n_int = 5, robust = TRUE), time(), time(robust = TRUE), time(max_dist = 0.5),
         time(collapse = "fixed"), time(collapse = "fixed", n_int = 7, robust = TRUE), time(n_int = 3), time(collapse = "none"),
         time(breaks = c(0, 0.1, 0.25, 0.5, 1, 2)), time(breaks = c(0.2, 0.4, 0.8)), time(collapse = "none", max_dist = 0.2)),
    list(list(), list(max_lag = 5), list(max_lag = 40))),
  shuffled = case(fit_shuffled, list(Time = shuffled$Time),
    list(time(), time(collapse = "none"), time(n_int = 11, max_dist = 1)), list(list(), list(max_lag = 10))),
  weight = case(fit_weight, list(Time = BodyWeight$Time),
    list(list(), time(), time(robust = TRUE), time(max_dist = 42), time(n_int = 4), time(collapse = "fixed", n_int = 6)),
    list(list(), list(max_lag = 3))),
  ragged = case(fit_ragged, list(Time = ragged$Time),
    list(list(), none, time(), time(collapse = "none"), time(n_int = 10)), list(list(), list(max_lag = 12))),
  tenths = case(fit_tenths, list(Time = tenths$Time),
    list(time(n_int = 200), time(), time(n_int = 15), time(collapse = "fixed"), time(robust = TRUE, n_int = 200)), list(list())),
  orthodont = case(fit_orthodont, list(age = Orthodont$age),
    list(list(), list(form = "~ age"), none, list(form = "~ age", robust = TRUE), list(form = "~ age", n_int = 2)),
    list(list(), list(max_lag = 6))),
  wheat = case(fit_wheat, list(latitude = Wheat2$latitude, longitude = Wheat2$longitude),
    list(place(), place(robust = TRUE), place(metric = "manhattan"), place(metric = "maximum", n_int = 12),
         place(max_dist = 20), place(max_dist = 32, robust = TRUE), place(collapse = "fixed", n_int = 9),
         place(collapse = "none"), place(collapse = "none", metric = "manhattan")), list(list())),
  pixel = case(fit_pixel, list(day = Pixel$day),
    list(list(form = "~ day"), list(form = "~ day", collapse = "none"), list(form = "~ day", n_int = 6)), list(list())))

versions <- list(R = R.version.string, nlme = as.character(packageVersion("nlme")))
pixel <- list(Dog = several(as.character(Pixel$Dog)), Side = several(as.character(Pixel$Side)), day = several(Pixel$day),
              pixel = several(Pixel$pixel))
writeLines(paste0("{\"versions\": ", json(versions), ",\n\"cases\": ", json(cases), ",\n\"pixel\": ", json(pixel), "}"), output)
