# The only functions that a formula, a structure or a subset may call, and the environment they are found in.
# Its parent is the empty environment: nothing of R's search path can be reached from a model's own text.

rb_operators <- c("+", "-", "*", "/", "^", "%%", "%/%", "%in%", ":", "(", "==", "!=", "<", "<=", ">", ">=")
rb_logical <- c("&", "|", "!", "is.na")
rb_transforms <- c(
  "exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "abs", "sin", "cos", "tan", "floor", "ceiling",
  "round", "sign", "I", "factor", "as.factor", "ordered", "as.numeric", "scale", "poly", "ns", "bs",
  "pmin", "pmax", "ifelse", "offset", "c"
)
rb_pd <- c(
  "pdBlocked", "pdCompSymm", "pdDiag", "pdIdent", "pdLogChol", "pdNatural", "pdSymm"
)
rb_cor <- c(
  "corAR1", "corARMA", "corCAR1", "corCompSymm", "corExp", "corGaus", "corLin", "corNatural", "corRatio",
  "corSpatial", "corSpher", "corSymm"
)
rb_var <- c("varComb", "varConstPower", "varConstProp", "varExp", "varFixed", "varIdent", "varPower")

# What a picture may ask of the fit, with a dot for it and constants beside it.
rb_of_fit <- c("resid", "residuals", "fitted", "ranef", "coef")

# What each argument may call besides the operators and the transformations of columns.
rb_extra <- list(
  fixed = "~", random = c("~", "|", "list", "matrix", "diag", rb_pd), correlation = c("~", "|", rb_cor),
  weights = c("~", "|", "list", "fitted", "resid", rb_var), subset = rb_logical,
  formula = c("~", "|", "||", "dummy"), form = c("~", "|"), primary = "~", "plot form" = c("~", "|", rb_of_fit), "plot id" = c("~", rb_logical, rb_of_fit)
)

# Numbers such as df or degree decide how many columns are made; text must not be able to ask for 1e9 of them.
rb_modest <- function(args, name) {
  for (arg in args[-1L]) {
    if (is.numeric(arg) && length(arg) == 1L && !is.na(arg) && abs(arg) > 100 && arg == round(arg)) {
      rb_stop("formula", name, "() is asked for size ", format(arg), "; at most 100 is allowed")
    }
  }
}
rb_guarded_spline <- function(name, make) {
  force(make)
  function(x, df = NULL, knots = NULL, ...) {
    args <- list(x, df, ...)
    rb_modest(args, name)
    if (length(knots)) make(x, df = df, knots = knots, ...) else make(x, df = df, ...)
  }
}
rb_spline_functions <- list(ns = rb_guarded_spline("ns", splines::ns), bs = rb_guarded_spline("bs", splines::bs))
rb_guarded_poly <- function(x, ...) {
  dots <- list(...)
  rb_modest(c(list(x), dots[setdiff(seq_along(dots), which(names(dots) == "coefs"))]), "poly")
  stats::poly(x, ...)
}
# Starting values of a covariance matrix.
rb_guarded_matrix <- function(data, nrow = 1, ncol = 1, ...) {
  rb_modest(list(0, nrow, ncol), "matrix")
  if (missing(nrow) && missing(ncol)) base::matrix(data, ...)
  else if (missing(nrow)) base::matrix(data, ncol = ncol, ...)
  else if (missing(ncol)) base::matrix(data, nrow, ...)
  else base::matrix(data, nrow, ncol, ...)
}
rb_guarded_diag <- function(x, nrow) {
  rb_modest(if (missing(nrow)) list(0, x) else list(0, x, nrow), "diag")
  if (missing(nrow)) base::diag(x) else base::diag(x, nrow)
}
# An ARMA(p, q) correlation allocates max(p, q + 1)^2 numbers.
rb_guarded_arma <- function(value, form = ~1, p = 0, q = 0, fixed = FALSE) {
  rb_modest(list(0, p, q), "corARMA")
  if (missing(value)) nlme::corARMA(form = form, p = p, q = q, fixed = fixed)
  else nlme::corARMA(value, form = form, p = p, q = q, fixed = fixed)
}
rb_guarded_colon <- function(from, to) {
  if (is.factor(from) && is.factor(to)) return(base::`:`(from, to))
  if (length(from) != 1L || length(to) != 1L || !is.numeric(from) || !is.numeric(to) || abs(to - from) > 1000) {
    rb_stop("formula", "':' inside a function call joins two factors, or two numbers at most 1000 apart")
  }
  base::`:`(from, to)
}

rb_function_env <- local({
  env <- NULL
  function() {
    if (is.null(env)) {
      made <- new.env(parent = emptyenv())
      for (name in c(rb_operators, rb_logical, rb_transforms, "~", "list")) {
        if (!name %in% c("poly", "ns", "bs", ":")) assign(name, rb_find(name), envir = made)
      }
      for (name in c(rb_pd, rb_cor, rb_var, "lme", "lmeControl", "gls", "glsControl", "lmList", "fitted", "resid")) {
        assign(name, rb_find(name), envir = made)
      }
      for (name in names(rb_spline_functions)) assign(name, rb_spline_functions[[name]], envir = made)
      made$corARMA <- rb_guarded_arma
      made$matrix <- rb_guarded_matrix
      made$diag <- rb_guarded_diag
      made$poly <- rb_guarded_poly
      made[[":"]] <- rb_guarded_colon
      made$pi <- base::pi  # the one constant with a name; a column called pi crosses under another
      lockEnvironment(made, bindings = TRUE)
      env <<- made
    }
    env
  }
})
rb_find <- function(name) {
  for (package in c("base", "stats", "nlme")) {
    space <- asNamespace(package)
    if (exists(name, envir = space, mode = "function", inherits = FALSE)) return(get(name, envir = space, mode = "function"))
  }
  stop("rbridge lists an unknown function: ", name)
}
