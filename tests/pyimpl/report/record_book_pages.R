# Records book_pages.json: as record_pages.R, for every model that the calls which come with nlme ask for.
#
#   Rscript --vanilla tests/pyimpl/report/record_book_pages.R fixtures/book tests/pyimpl/report/book_pages.json
#
# nlme's default fit of each; its tightened one where that is an error. Needs jsonlite, to read the calls.

suppressPackageStartupMessages(library(nlme))
options(width = 80, digits = 7, warn = -1)
fixtures <- commandArgs(trailingOnly = TRUE)[1]
output <- commandArgs(trailingOnly = TRUE)[2]
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "page_numbers.R"))

schema <- jsonlite::read_json(file.path(fixtures, "data", "schema.json"))
for (name in names(schema)) {
  data <- read.csv(file.path(fixtures, "data", paste0(name, ".csv")), colClasses = "character", check.names = FALSE)
  for (column in names(data)) {
    kind <- schema[[name]][[column]]
    data[[column]] <- if (is.list(kind)) factor(data[[column]], unlist(kind$levels), ordered = kind$ordered)
                      else as.numeric(ifelse(data[[column]] == "", NA, data[[column]]))
  }
  assign(name, data)
}

named <- function(x) paste(names(x), "=", unlist(x), collapse = ", ")
call_of <- function(asked) {
  random <- if (is.list(asked$random)) paste0("list(", named(asked$random), ")") else asked$random
  optional <- c(if (!is.null(asked$contrasts)) paste0("contrasts = list(", named(lapply(asked$contrasts, dQuote, FALSE)), ")"),
                if (!is.null(asked$subset)) paste("subset =", asked$subset),
                if (!is.null(asked$na_action)) paste0("na.action = na.", asked$na_action),
                if (!is.null(asked$correlation)) paste("correlation =", asked$correlation),
                if (!is.null(asked$weights)) paste("weights =", asked$weights))
  text <- paste(c(asked$fixed, paste("data =", asked$data), paste("random =", random),
                  paste0("method = \"", asked$method, "\""), optional), collapse = ", ")
  str2lang(paste0("lme(", text, ")"))
}
tight <- quote(lmeControl(rel.tol = 1e-13, sing.tol = 1e-20, x.tol = 1e-10, niterEM = 200, msMaxIter = 500,
                          msMaxEval = 2000, returnObject = TRUE))
covered <- Filter(function(call) is.null(call$fixed_sigma), # its intervals print nothing else
                  jsonlite::read_json(file.path(fixtures, "calls.json")))
asked <- lapply(covered, function(call) call[setdiff(names(call), c("from", "name"))])
first <- !duplicated(asked)
names(asked) <- vapply(covered, function(call) trimws(paste(call$from, call$name)), "")
asked <- asked[first]
names(asked) <- make.unique(names(asked), sep = " ")
records <- unname(Map(function(name, model) {
  call <- call_of(model)
  found <- record(name, call)
  if (is.null(found)) {
    call$control <- tight
    found <- record(name, call)
  }
  found
}, names(asked), asked))
stopifnot(!any(vapply(records, is.null, NA)))
connection <- file(output, "w", encoding = "UTF-8")
writeLines(paste0("{\"versions\": ", json(versions), ",\n\"fits\": ", lines(records), "}"), connection)
close(connection)
message(length(records), " fits")
