# Records text.json: R's abbreviate, deparse, and print of named vectors and matrices, on names and formulas chosen to
# be awkward.
#
#   Rscript --vanilla tests/pyimpl/report/record_text.R tests/pyimpl/report/text.json

options(width = 80, digits = 7, warn = -1)
output <- commandArgs(trailingOnly = TRUE)[1]
set.seed(20221110)

quoted <- function(s) {
  for (pair in list(c("\\", "\\\\"), c("\"", "\\\""), c("\n", "\\n"), c("\t", "\\t")))
    s <- gsub(pair[1], pair[2], s, fixed = TRUE)
  paste0("\"", s, "\"")
}
array <- function(s) paste0("[", paste(quoted(s), collapse = ","), "]")
numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
page <- function(expr) quoted(paste0(paste(capture.output(expr), collapse = "\n"), "\n"))

words <- c("Intercept", "(Intercept)", "age", "Sex", "SexFemale", "meanses", "cses", "sectorCatholic", "minorityYes",
  "I(age^2)", "log(x + 1)", "poly(age, 2)1", "poly(age, 2)2", "poly(age, 2)3", "ns(time, df = 3)1", "nitro",
  "VarietyMarvellous", "VarietyVictory", "aeiou", "AEIOU", "x_y_z", "income.per.capita", "a b c", "the quick brown fox",
  "Grade 10 level", " lead", "trail ", "double  space", "oooo", "x1", "x2", "treatmentA", "treatmentB", "treatmentAlpha",
  "as.factor(z)10", "as.factor(z)11", "Time", "Diet2", "Diet3", "factor(Month)10", "sin(2 * pi * Time)",
  "cos(2 * pi * Time)", "bcdfgh", "BCDFGHIJ", "AbCdEfGhIj", "Gr\u00f6\u00dfe", "\u00c4nderung", "a\u00f1o_nuevo",
  "\u0394\u03b5\u03bb\u03c4\u03b1", "\u00e7\u00e0 et l\u00e0", "na\u00efve.estimate")
letters_and_more <- c(letters, LETTERS, "a", "e", "i", "o", "u", " ", ".", "_", 0:9, "\u00e9", "\u00df")
a_name <- function() switch(sample(4, 1), sample(words, 1), paste(sample(words, 2), collapse = ":"),
  paste0(sample(letters_and_more, sample(1:20, 1), TRUE), collapse = ""), paste(sample(words, 3), collapse = sample(c(":", " ", "_"), 1)))
abbreviated <- vapply(1:500, function(i) {
  x <- replicate(sample(1:8, 1), a_name())
  if (runif(1) < .2) x <- paste0("some_common_prefix", x)
  minlength <- sample(c(6, 6, 6, 1:12), 1)
  paste0("[", minlength, ",", array(x), ",", array(abbreviate(x, minlength)), "]")
}, "")

variable <- function() sample(c("x", "age", "a_rather_long_name", "SexFemale", "weight.of.the.child", "`a b`", "T", "gr\u00f6\u00dfe"), 1)
term <- function(depth) {
  if (depth <= 0) return(if (runif(1) < .8) variable() else sample(c("1", "0", "2.5", "10", "1e-3"), 1))
  part <- function() term(depth - sample(1:3, 1))
  switch(sample(14, 1), paste(part(), "+", part()), paste(part(), "+", part()), paste(part(), "*", part()),
    paste(part(), ":", part()), paste(part(), "-", part()), paste0("(", part(), ")"), paste0("I(", part(), ")"),
    paste0("poly(", part(), ", ", part(), ", degree = 3)"), paste(part(), "/", part()), paste0(variable(), "^2"),
    paste(part(), sample(c("%in%", "==", "<", "&", "|", "%%", ">="), 1), part()), paste0("log(", part(), ")"),
    paste0(sample(c("-", "!"), 1), part()), paste0("x[", part(), "]"))
}
deparsed <- character()
while (length(deparsed) < 300) {
  formula <- tryCatch(parse(text = paste(if (runif(1) < .7) "y" else term(3), "~", term(sample(4:9, 1))))[[1]], error = function(e) NULL)
  if (is.null(formula) || !identical(formula[[1]], as.name("~"))) next
  whole <- deparse(formula, width.cutoff = 500L)
  if (length(whole) > 1 || nchar(whole) > 450 || nchar(whole) < 50) next
  deparsed <- c(deparsed, paste0("[", quoted(whole), ",", array(deparse(formula)), "]"))
}

labels <- c("(Intercept)", "age", "SexFemale", "a_very_long_name_of_a_coefficient", "x", "I(age^2)", "b c", "tab\there",
  "back\\slash", "gr\u00f6\u00dfe", "\u65e5\u672c", "e\u0301", "zero\u200bwidth", "")
printed <- vapply(1:250, function(i) {
  rows <- sample(labels, sample(1:6, 1), TRUE)
  cols <- sample(labels, sample(1:14, 1), TRUE)
  if (runif(1) < .5) {
    rows <- substr(paste0(rows, "zzzzzz"), 1, sample(10, 1))
    cols <- substr(paste0(cols, "qqq"), 1, sample(10, 1))
  }
  kind <- sample(c("numbers", "text", "vector"), 1)
  if (kind == "vector") rows <- "-"
  x <- matrix(rnorm(length(rows) * length(cols)) * 10^sample(-6:6, length(rows) * length(cols), TRUE), length(rows),
              dimnames = list(rows, cols))
  if (kind == "text") x[] <- format(round(x, 3))
  shown <- if (kind == "vector") page(print(setNames(as.vector(x), cols))) else page(print(x, quote = FALSE))
  paste0("[", quoted(kind), ",", array(rows), ",", array(cols), ",", if (kind == "text") array(x) else numbers(x), ",", shown, "]")
}, "")

connection <- file(output, "w", encoding = "UTF-8")
section <- function(name, lines) paste0("\"", name, "\": [\n", paste(lines, collapse = ",\n"), "\n]")
writeLines(c(paste0("{\"R\": \"", R.version.string, "\","), paste0(section("abbreviate", abbreviated), ","),
             paste0(section("deparse", deparsed), ","), section("print", printed), "}"), connection)
close(connection)
