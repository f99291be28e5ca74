# The one door: every call from Python goes through rb_call(), which never lets a condition out.

# The R options that would change numbers or printed pages; held at R's own defaults during a call.
rb_options <- list(
  digits = 7L, width = 80L, scipen = 0L, OutDec = ".", warn = 0L, max.print = 99999L,
  na.action = "na.omit", contrasts = c(unordered = "contr.treatment", ordered = "contr.poly"),
  useFancyQuotes = FALSE, show.error.messages = FALSE, ts.eps = 1e-05, keep.source = FALSE,
  warning.length = 8170L, deparse.max.lines = NULL, digits.secs = NULL
)

# A condition that Python turns into one of its own errors; kind is "formula", "argument" or "data".
rb_stop <- function(kind, ...) {
  stop(structure(
    class = c("rbridge_error", "error", "condition"),
    list(message = paste0(...), call = NULL, kind = kind)
  ))
}

rb_deparse_call <- function(call) {
  if (is.null(call)) return("")
  # A do.call() with a frame in it would deparse the whole frame: keep to the function's name and two lines.
  head <- tryCatch(paste(deparse(call[[1L]], nlines = 1L), collapse = ""), error = function(e) "")
  if (utils::object.size(call) > 20000) return(paste0(head, "(...)"))
  paste(trimws(deparse(call, nlines = 2L)), collapse = " ")
}

# Call the function `name` with `args`; the answer is a list: ok, value or error, warnings, messages.
# nlme evaluates the formulas of random effects where only attached packages are found, so ns() and bs() are attached
# while a call runs.
rb_splines <- "rbridge:splines"
rb_call <- function(name, args) {
  old <- options(rb_options)
  on.exit(options(old))
  if (!identical(collate <- Sys.getlocale("LC_COLLATE"), "C")) {
    Sys.setlocale("LC_COLLATE", "C")
    on.exit(Sys.setlocale("LC_COLLATE", collate), add = TRUE)
  }
  if (!rb_splines %in% search()) {
    attach(rb_spline_functions, name = rb_splines, warn.conflicts = FALSE)
    on.exit(detach(rb_splines, character.only = TRUE), add = TRUE)
  }
  warnings <- character()
  messages <- character()
  failure <- NULL
  value <- tryCatch(
    withCallingHandlers(
      do.call(name, args, envir = rb_env, quote = TRUE),
      warning = function(w) {
        warnings <<- c(warnings, conditionMessage(w))
        invokeRestart("muffleWarning")
      },
      message = function(m) {
        messages <<- c(messages, conditionMessage(m))
        invokeRestart("muffleMessage")
      }
    ),
    interrupt = function(e) {
      failure <<- c("interrupt", "", "")
      NULL
    },
    error = function(e) {
      kind <- if (inherits(e, "rbridge_error")) e$kind else "r"
      failure <<- c(kind, substr(conditionMessage(e), 1L, 4000L), rb_deparse_call(conditionCall(e)))
      NULL
    }
  )
  list(
    value, failure = if (is.null(failure)) character() else enc2utf8(failure),
    warnings = enc2utf8(warnings), messages = enc2utf8(messages)
  )
}

# An object as bytes, and back. rbridge's own environments are not a part of it: they are named, and found again here.
rb_freeze <- function(x) serialize(x, NULL, refhook = rb_name_of_environment)
rb_thaw <- function(bytes) unserialize(bytes, refhook = function(name) get(name, mode = "function")())
rb_own_env <- function() rb_env
rb_name_of_environment <- function(x) {
  if (identical(x, rb_env)) "rb_own_env" else if (identical(x, rb_function_env())) "rb_function_env"
}

# What provenance needs to know about this R.
rb_version_info <- function() {
  version_of <- function(package) {
    if (nzchar(system.file(package = package))) utils::packageDescription(package, fields = "Version") else ""
  }
  info <- utils::sessionInfo()
  c(
    R = paste(R.version$major, R.version$minor, sep = "."),
    nlme = version_of("nlme"), lme4 = version_of("lme4"), lmerTest = version_of("lmerTest"),
    platform = R.version$platform,
    os = if (is.null(info$running)) "" else info$running,
    BLAS = extSoftVersion()[["BLAS"]], LAPACK = La_library(), LAPACK_version = La_version(),
    locale = Sys.getlocale("LC_CTYPE")
  )
}

rb_has_nlme <- function() requireNamespace("nlme", quietly = TRUE) && requireNamespace("splines", quietly = TRUE)
