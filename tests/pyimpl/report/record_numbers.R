# Records numbers.json: R's format, round, signif and zapsmall of vectors chosen to be awkward: mixed magnitudes, ties
# (and their neighbours, one unit in the last place away), zeros, negatives, whole numbers, tiny and huge ones.
#
#   Rscript --vanilla tests/pyimpl/report/record_numbers.R tests/pyimpl/report/numbers.json
#
# Each vector is one line: digits, nsmall, places, the numbers as hexadecimal doubles, and R's four answers.

options(width = 80, digits = 7, scipen = 0)
output <- commandArgs(trailingOnly = TRUE)[1]
set.seed(20221110)

hex <- function(x) {
  s <- sprintf("%a", x)
  s[is.nan(x)] <- "nan"; s[x == Inf] <- "inf"; s[x == -Inf] <- "-inf"
  s
}
array <- function(s) paste0("[", paste0("\"", s, "\"", collapse = ","), "]")
line <- function(x, digits, nsmall, places) paste0(
  "[", digits, ",", nsmall, ",", places, ",", array(hex(x)), ",", array(format(x, digits = digits, nsmall = nsmall)), ",",
  array(hex(round(x, places))), ",", array(hex(signif(x, digits))), ",", array(hex(zapsmall(x, digits))), "]")

with_digits <- function(k) as.numeric(paste0(sample(1:9, 1), paste(sample(0:9, k - 1, TRUE), collapse = "")))
pools <- list(
  mixed = function(n) rnorm(n) * 10^runif(n, -8, 8),
  normal = function(n) rnorm(n),
  rounded = function(n) round(rnorm(n) * 10^sample(-3:5, n, TRUE), sample(0:6, n, TRUE)),
  known = function(n) sample(c(0, 1, -1, .5, .15, .25, .35, 1e5, 123456.5, 1e-5, 99999.5, 999999.95, 1e15, 1e-15, .1 + .2,
                               1/3, 100, 1e10, 0.0125, 0.00005, 2.5, 9996, 99995), n, TRUE),
  halves = function(n) (2 * sample(0:10^6, n, TRUE) + 1) / 2 * 10^sample(-9:9, n, TRUE),
  eighths = function(n) sample(-1000:1000, n, TRUE) / 8,
  extreme = function(n) rnorm(n) * 10^runif(n, -300, 300),
  special = function(n) c(NaN, Inf, -Inf, rnorm(n))[sample(n + 3)],
  near_power = function(n) 10^sample(-12:12, n, TRUE) * (1 - 10^-sample(3:14, n, TRUE)),
  p_values = function(n) 10^-runif(n, 0, 8))
vectors <- vapply(1:1000, function(i) {
  x <- pools[[1 + i %% length(pools)]](sample(c(1, 1, 2, 3, 5), 1))
  line(x, sample(c(7, 3:15), 1), sample(c(0, 0, 0, 2, 5), 1), sample(-3:12, 1))
}, "")
ties <- vapply(1:1000, function(i) {
  digits <- sample(1:15, 1)
  power <- sample(c(-27:27, -6:6, -6:6), 1)
  x <- as.numeric(paste0(with_digits(digits), "5e", power)) * (1 + sample(-2:2, 1) * 2^-53)
  line(x, digits, 0, -power)
}, "")

connection <- file(output, "w")
writeLines(c(paste0("{\"R\": \"", R.version.string, "\", \"vectors\": ["), paste(c(vectors, ties), collapse = ",\n"), "]}"), connection)
close(connection)
