# Data frames as they are, for Python: plain vectors, with what their classes mean beside them.

rb_columns <- function(frame) {
  kinds <- vapply(seq_along(frame), function(i) rb_column_kind(frame[[i]], names(frame)[[i]]), "")
  columns <- Map(rb_plain_column, as.list(frame), kinds)
  zone <- function(column) {
    zone <- attr(if (inherits(column, "POSIXlt")) as.POSIXct(column) else column, "tzone")
    if (is.null(zone)) "" else zone[[1L]]
  }
  list(
    names = names(frame), kinds = kinds, columns = unname(columns), levels = unname(lapply(frame, levels)),
    zones = vapply(frame, zone, "")
  )
}
rb_column_kind <- function(column, name) {
  refuse <- function(what) rb_stop("data", "column ", encodeString(name, quote = "'"), " is ", what, ", which pandas has no column for")
  if (inherits(column, "POSIXt")) return("POSIXct")
  if (!is.null(dim(column))) refuse("a matrix")
  if (is.factor(column)) return(if (is.ordered(column)) "ordered" else "factor")
  for (kind in c("Date", "difftime")) if (inherits(column, kind)) return(kind)
  kind <- typeof(column)
  if (!kind %in% c("logical", "integer", "double", "character")) refuse(paste("of type", kind))
  kind
}
rb_plain_column <- function(column, kind) {
  if (kind == "POSIXct") return(as.numeric(as.POSIXct(column)))
  if (kind == "difftime") return(as.numeric(column, units = "secs"))
  if (kind == "Date") return(as.numeric(column))
  if (kind == "character") return(enc2utf8(as.vector(column)))
  as.vector(unclass(column))
}

rb_dataset <- function(name, package) {
  if (!nzchar(system.file(package = package))) rb_stop("argument", "package: R has no package ", encodeString(package, quote = "'"))
  env <- new.env()
  suppressWarnings(utils::data(list = name, package = package, envir = env))
  frame <- env[[name]]
  if (is.null(frame)) rb_stop("argument", "name: R's package ", package, " has no data set ", encodeString(name, quote = "'"))
  rb_described_frame(frame, paste("name:", name))
}
rb_read_rds <- function(path) {
  frame <- tryCatch(
    readRDS(path),
    error = function(e) rb_stop("argument", "path: R can't read ", encodeString(path, quote = "'"), ": ", conditionMessage(e))
  )
  rb_described_frame(frame, paste("path:", basename(path)))
}
rb_described_frame <- function(frame, what) {
  if (!is.data.frame(frame)) rb_stop("argument", what, " is no data frame but of class ", class(frame)[[1L]])
  text <- function(part) {
    formula <- attr(frame, part)
    if (inherits(formula, "formula")) paste(deparse(formula), collapse = " ")
  }
  texts <- function(part) {
    listed <- attr(frame, part)
    if (is.list(listed)) unlist(listed)
  }
  list(
    columns = rb_columns(frame), formula = text("formula"), outer = text("outer"), inner = text("inner"),
    labels = texts("labels"), units = texts("units")
  )
}
rb_glimpse <- function(frame) paste(utils::capture.output(utils::str(frame)), collapse = "\n")
