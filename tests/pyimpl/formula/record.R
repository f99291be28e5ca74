# Records R's answers for the tests of pyimpl.formula, with 17 significant digits.
#
#     LC_ALL=C.UTF-8 Rscript tests/pyimpl/formula/record.R tests/pyimpl/formula OUT.json
#
# The first argument is the folder of the lists of formulas, the second the file to write; the stored answers are
# r_answers.json there. Text is collated by code point, as lmebridge sorts levels.
suppressMessages(library(splines))
options(warn = -1)  # new data beyond the boundary knots, on purpose
invisible(Sys.setlocale("LC_COLLATE", "C"))
arguments <- commandArgs(trailingOnly = TRUE)
lines_of <- function(name) readLines(file.path(arguments[1], name), encoding = "UTF-8", warn = FALSE)

# ---- JSON, so that the script needs nothing but base R
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    items <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(items, collapse = ",\n"), "]"))
    return(paste0("{", paste0(quoted(names(x)), ": ", items, collapse = ", "), "}"))
  }
  items <- if (is.character(x)) quoted(x) else if (is.logical(x)) ifelse(x, "true", "false") else sprintf("%.17g", x)
  if (inherits(x, "AsIs") || length(x) != 1) paste0("[", paste(items, collapse = ", "), "]") else items
}
quoted <- function(x) {
  if (!length(x)) return(character(0))
  x <- gsub("\\", "\\\\", x, fixed = TRUE)
  x <- gsub("\"", "\\\"", x, fixed = TRUE)
  paste0("\"", gsub("\n", "\\n", x, fixed = TRUE), "\"")
}

# ---- The data: every kind of column, and new data beyond the range of the first
set.seed(20221031)
make <- function(n) {
  frame <- data.frame(
    x = round(rnorm(n), 4), z = round(runif(n, 1, 5), 4), k = sample(4, n, TRUE),
    a = sample(c("u", "v", "w"), n, TRUE), b = sample(c("hi", "lo"), n, TRUE),
    o = sample(c("p", "q", "r", "s"), n, TRUE), flag = sample(c(TRUE, FALSE), n, TRUE),
    txt = sample(c("B", "a", "_c", "Z"), n, TRUE)
  )
  frame[["my x"]] <- round(rnorm(n), 4)
  frame[["my f"]] <- sample(c("one two", "one"), n, TRUE)
  frame
}
as_factors <- function(frame) {
  frame$a <- factor(frame$a, levels = c("u", "v", "w"))
  frame$b <- factor(frame$b, levels = c("lo", "hi"))
  frame$o <- factor(frame$o, levels = c("p", "q", "r", "s"), ordered = TRUE)
  frame
}
data <- make(30)
new <- make(8)
new$x[1:2] <- c(-6, 7)
columns <- function(frame) lapply(as.list(frame), I)
data_f <- as_factors(data)
new_f <- as_factors(new)

term_answers <- lapply(lines_of("terms_formulas.txt"), function(text) tryCatch({
  answer <- terms(as.formula(text))
  list(formula = text, labels = I(attr(answer, "term.labels")), intercept = attr(answer, "intercept"),
       text = paste(deparse(as.formula(text), width.cutoff = 500), collapse = " "))
}, error = function(e) list(formula = text, error = conditionMessage(e))))

matrix_answer <- function(text, contrasts = NULL) {
  terms_of <- terms(as.formula(text))
  frame <- model.frame(terms_of, data_f)
  X <- model.matrix(terms_of, frame, contrasts.arg = contrasts)
  learned <- attr(frame, "terms")
  again <- tryCatch({
    new_frame <- model.frame(learned, new_f, xlev = .getXlevels(learned, frame))
    I(as.vector(model.matrix(learned, new_frame, contrasts.arg = contrasts)))
  }, error = function(e) NULL)
  list(formula = text, contrasts = contrasts, names = I(colnames(X)), assign = I(attr(X, "assign")),
       X = I(as.vector(X)), new = again)
}
matrices <- lapply(lines_of("matrix_formulas.txt"), matrix_answer)
with_contrasts <- lapply(strsplit(lines_of("contrast_formulas.txt"), " | ", fixed = TRUE), function(parts) {
  pairs <- strsplit(strsplit(parts[2], ",")[[1]], "=")
  matrix_answer(parts[1], setNames(lapply(pairs, `[`, 2), vapply(pairs, `[`, "", 1)))
})
deparsed <- lapply(lines_of("deparse_expressions.txt"), function(text)
  I(c(text, paste(deparse(parse(text = text, keep.source = FALSE)[[1]], width.cutoff = 500), collapse = " "))))
characters <- c(1, 10, 1e5, 123456, 123456.7, 0.1 + 0.2, 1e15, 1e-4, 1e-5, 0.00012, 1/3, 1e22, 2^53, 1234567.891,
                -2.5, 1e-300, 1.5e300, 100000.5, 0.1, 25, 1e5 + 0.1, 99999)
rounded <- list(x = I(c(0.15, 0.25, 0.35, 2.5, -1.5, 1.005, 2.675, 1234.5678, 0.1 + 0.2, 5.015, -0.55, 0.5, 1.5, 1e-3)))
for (d in c(0, 1, 2, 3, -1, -2)) rounded[[as.character(d)]] <- I(round(as.vector(rounded$x), d))

answers <- list(
  provenance = list(command = "LC_ALL=C.UTF-8 Rscript tests/pyimpl/formula/record.R", R = R.version.string),
  data = columns(data), new = columns(new), terms = term_answers, matrices = matrices, contrasts = with_contrasts,
  deparsed = deparsed,
  characters = list(x = I(characters), text = I(as.character(characters))), rounded = rounded
)
writeLines(enc2utf8(json(answers)), arguments[2], useBytes = TRUE)
