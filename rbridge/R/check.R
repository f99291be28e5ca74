# What can only be known once the columns are in R: transformed values, group counts, rank.

# The rows (from 1) that the fit will use; stops with a "data" error where the model can't be fitted to them.
rb_check_data <- function(model, frame, settings, env) {
  keep <- rb_subset_rows(model, frame, env)
  if (settings$na_action != "fail") {
    # nlme looks at the model's own columns, not at those of the subset expression
    used <- unique(unlist(model$variables[names(model$variables) != "subset"]))
    complete <- stats::complete.cases(frame[used])
    if (!any(complete & keep)) rb_stop("data", "no row of the data is complete: every row has a missing value in a used column")
    keep <- keep & complete
  }
  rows <- which(keep)
  rb_check_groups(model, frame, rows)
  rb_check_size(model, frame, rows)
  rb_check_transforms(model, frame, rows, env)
  rb_check_weights(model, frame, rows, env)
  rows
}

# lmer's weights: how precise each row is.
rb_check_weights <- function(model, frame, rows, env) {
  expr <- model$expressions$prior
  if (is.null(expr)) return(invisible())
  label <- rb_shown(rb_restore(expr, model$stand_ins))
  values <- rb_transform(expr, frame[rows, , drop = FALSE], env, model, label)
  if (!is.numeric(values) || length(values) != length(rows)) rb_stop("data", "weights: ", label, " isn't one number for each row")
  bad <- sum(!is.finite(values) | values <= 0)
  if (bad) rb_stop("data", "weights: ", label, " isn't above 0 in ", bad, " rows; leave those rows out with subset")
}

# The rows that a subset expression keeps, one TRUE or FALSE each.
rb_subset <- function(model, frame) rb_subset_rows(model, frame, rb_function_env())

rb_subset_rows <- function(model, frame, env) {
  n <- .row_names_info(frame, 2L)
  expr <- model$expressions$subset
  if (is.null(expr)) return(rep(TRUE, n))
  keep <- tryCatch(eval(expr, frame, env), error = function(e) rb_explain(e, "subset"))
  if (!is.logical(keep) || length(keep) != n) rb_stop("argument", "subset must give TRUE or FALSE for each row")
  if (anyNA(keep)) rb_stop("data", "subset is missing for ", sum(is.na(keep)), " rows; add '& !is.na(column)'")
  if (!any(keep)) rb_stop("data", "subset keeps no row")
  keep
}

rb_named <- function(model, name) {
  original <- if (name %in% names(model$stand_ins)) model$stand_ins[[name]] else name
  encodeString(original, quote = "'")
}

rb_check_groups <- function(model, frame, rows) {
  for (name in model$groups) {
    column <- unclass(frame[[name]])
    if (length(rows) < length(column)) column <- column[rows]
    if (all(column == column[[1L]])) {
      rb_stop("data", "the grouping column ", rb_named(model, name), " has only one group; a random effect needs several")
    }
  }
}

# A text column by mistake, such as a name for each row, would ask for a model matrix that fills the memory.
rb_check_size <- function(model, frame, rows) {
  rb_refuse_size(model, frame, rows, model$expressions$fixed[[3L]], "fixed", "coefficients")
  for (formula in rb_inner_formulas(model$expressions$random)) {
    rb_refuse_size(model, frame, rows, rb_covariates(formula), "random", "effects a group")
  }
}
rb_max_cells <- 5e8   # of a model matrix: 4 GB, of which nlme holds several copies
rb_refuse_size <- function(model, frame, rows, expr, argument, what) {
  made <- rb_count_columns(expr, frame, rows)
  n <- length(rows)
  if (made$columns < n && made$columns * n <= rb_max_cells) return(invisible())
  if (made$columns == 1) return(invisible())  # one row: nlme has its own words for it
  rb_stop("data", argument, " asks for at least ", made$columns, " ", what, " from ", n, " rows", rb_largest(model, made))
}
rb_largest <- function(model, count) {
  if (!length(count$levels)) return("")
  name <- names(count$levels)[[which.max(count$levels)]]
  paste0(": the factor ", rb_named(model, name), " has ", max(count$levels), " levels")
}

# At least how many columns a right-hand side makes, and the number of levels of each factor in it.
rb_count_columns <- function(expr, frame, rows) {
  terms <- rb_terms(expr)
  factors <- attr(terms, "factors")
  if (!length(factors)) return(list(columns = attr(terms, "intercept"), levels = integer()))
  names <- vapply(rb_term_variables(expr), function(v) if (is.symbol(v)) as.character(v) else "", "")
  levels <- vapply(names, function(name) {
    column <- if (nzchar(name)) frame[[name]]
    if (is.factor(column)) length(unique(unclass(column)[rows])) else 0L
  }, 1L)
  per_variable <- pmax(levels - 1, 1)
  columns <- sum(apply(factors > 0, 2L, function(used) prod(per_variable[used])))
  # without an intercept the first factor is coded in full, which makes as many columns
  list(columns = columns + (attr(terms, "intercept") || any(levels > 0)), levels = levels[levels > 0])
}

# Columns were checked in Python; what a transformation makes of them is checked here, before nlme, which would
# drop rows that turn into NaN, or recycle.
rb_check_transforms <- function(model, frame, rows, env) {
  fixed <- model$expressions$fixed
  pieces <- list(fixed[[2L]])
  formulas <- c(
    list(as.call(list(as.name("~"), fixed[[3L]]))), rb_inner_formulas(model$expressions$random)
  )
  for (formula in formulas) pieces <- c(pieces, rb_term_variables(rb_covariates(formula)))
  data <- NULL
  for (i in seq_along(pieces)) {
    piece <- pieces[[i]]
    if (is.symbol(piece)) next
    if (is.null(data)) data <- droplevels(frame[rows, , drop = FALSE])
    label <- paste(deparse(rb_restore(piece, model$stand_ins), backtick = TRUE), collapse = " ")
    value <- rb_transform(piece, data, env, model, label)
    size <- if (is.matrix(value)) nrow(value) else length(value)
    if (i == 1L && (!(is.numeric(value) || is.logical(value)) || length(value) != nrow(data))) {
      rb_stop("data", "the response ", label, " isn't one number for each row")
    }
    if (size != nrow(data)) rb_stop("data", label, " gives ", size, " values for ", nrow(data), " rows")
    bad <- if (is.numeric(value) || is.complex(value)) sum(!is.finite(value)) else sum(is.na(value))
    if (bad) rb_stop("data", label, " isn't finite in ", bad, " rows; change the formula or leave those rows out with subset")
  }
  response <- pieces[[1L]]
  if (is.symbol(response) && !(is.numeric(frame[[response]]) || is.logical(frame[[response]]))) {
    rb_stop("data", "the response ", rb_named(model, as.character(response)), " isn't numeric")
  }
}

# A user's own expression; arithmetic on text, which R answers with an error or only with a warning and NA, is refused.
rb_transform <- function(piece, data, env, model, label) {
  factors <- Filter(function(name) is.factor(data[[name]]), all.vars(piece))
  refuse <- function() {
    rb_stop(
      "data", rb_named(model, factors[[1L]]), " holds text or categories where numbers are needed; ",
      "convert the column with astype(float) (in `", label, "`)"
    )
  }
  tryCatch(
    withCallingHandlers(eval(piece, data, env), warning = function(w) {
      if (length(factors) && grepl("not meaningful for", conditionMessage(w), fixed = TRUE)) refuse()
    }),
    error = function(e) {
      if (length(factors) && !inherits(e, "rbridge_error")) refuse()
      rb_explain(e, label)
    }
  )
}

# An error of R's inside a user's own expression is that expression's fault.
rb_explain <- function(error, label) {
  if (inherits(error, "rbridge_error")) stop(error)
  rb_stop("formula", label, ": ", conditionMessage(error))
}

# The variables of a right-hand side, as terms() sees them: columns, and whole function calls.
rb_term_variables <- function(expr) {
  as.list(attr(rb_terms(expr), "variables"))[-1L]
}
rb_terms <- function(expr) {
  tryCatch(
    stats::terms(stats::as.formula(as.call(list(as.name("~"), expr)), env = emptyenv())),
    error = function(e) rb_explain(e, paste(deparse(expr), collapse = " "))
  )
}

# nlme has stopped: if it was because of the data, say which column; otherwise let R's own error through.
rb_diagnose <- function(error, model, data, env) {
  if (inherits(error, "rbridge_error")) stop(error)
  problem <- tryCatch(rb_size_problem(model, data, env), error = function(e) NULL)
  if (is.null(problem)) problem <- tryCatch(rb_rank_problem(model, data, env), error = function(e) NULL)
  if (!is.null(problem)) rb_stop("data", problem)
  levels <- length(model$groups)
  few <- gettextf("fewer observations than random effects in all level %s groups", levels, domain = "R-nlme")
  if (identical(conditionMessage(error), few)) {
    rb_stop(
      "data", "fewer observations than random effects in every group of ",
      paste(vapply(model$groups, rb_named, "", model = model), collapse = "/"), "; use a simpler random"
    )
  }
  stop(error)
}

# Values whose squares overflow or vanish.
rb_largest_size <- 1e75
rb_size_problem <- function(model, data, env) {
  fixed <- model$expressions$fixed
  sides <- c(list(fixed[[3L]]), lapply(rb_inner_formulas(model$expressions$random), rb_covariates))
  for (i in seq_along(sides)) {
    formula <- stats::as.formula(as.call(list(as.name("~"), sides[[i]])), env = env)
    columns <- stats::model.matrix(formula, droplevels(data))
    if (i == 1L) {
      response <- matrix(eval(fixed[[2L]], data, env), dimnames = list(NULL, rb_shown(fixed[[2L]])))
      columns <- cbind(response, columns)
    }
    sizes <- apply(abs(columns), 2L, max)
    bad <- which(sizes > rb_largest_size | (sizes < 1 / rb_largest_size & sizes > 0))
    if (!length(bad)) next
    return(paste0(
      if (i == 1L) "fixed" else "random", ": the values of ",
      encodeString(rb_restore(colnames(columns)[[bad[[1L]]]], model$stand_ins), quote = "'"), " are of the order of ",
      format(sizes[[bad[[1L]]]], digits = 1L), ", too far from 1 to compute with; change its units"
    ))
  }
  NULL
}

# A response without variance is no model's; nlme's optimiser then says something about convergence, or nothing.
rb_exact_problem <- function(model, data, env, decomposition) {
  y <- as.numeric(eval(model$expressions$fixed[[2L]], data, env))
  if (rb_is_exact(qr.resid(decomposition, y), y)) rb_exact_message(model)
}
rb_is_exact <- function(residuals, y) sum(residuals^2) <= 1e-26 * sum(y^2)
rb_exact_message <- function(model) {
  label <- rb_shown(rb_restore(model$expressions$fixed[[2L]], model$stand_ins))
  paste0(
    "fixed: the fixed effects fit the response ", encodeString(label, quote = "'"), " exactly, so there is no variance ",
    "to estimate; check that the response isn't constant or a combination of its covariates"
  )
}

rb_rank_problem <- function(model, data, env) {
  fixed <- model$expressions$fixed
  data <- droplevels(data)
  covariates <- c(all.vars(fixed[[3L]]), unlist(lapply(rb_inner_formulas(model$expressions$random), all.vars)))
  for (name in setdiff(covariates, model$groups)) {
    if (is.factor(data[[name]]) && nlevels(data[[name]]) < 2L) {
      return(paste0("column ", rb_named(model, name), " has only one level in the rows used; leave it out of the model"))
    }
  }
  X <- stats::model.matrix(stats::as.formula(fixed, env = env), data)
  if (nrow(X) <= ncol(X)) {
    return(paste("the data have", nrow(X), "complete rows for", ncol(X), "fixed effects; there must be more rows than effects"))
  }
  decomposition <- qr(X, tol = 1e-7)
  if (decomposition$rank == ncol(X)) return(rb_exact_problem(model, data, env, decomposition))
  labels <- rb_restore(colnames(X), model$stand_ins)
  good <- decomposition$pivot[seq_len(decomposition$rank)]
  bad <- decomposition$pivot[-seq_len(decomposition$rank)]
  reasons <- vapply(bad, function(j) rb_why_dependent(X, j, good, labels), "")
  paste0(
    "the fixed effects are not estimable: ", paste(reasons, collapse = "; "), ". Leave ",
    if (length(bad) == 1L) "that column" else "those columns", " out of fixed"
  )
}

rb_why_dependent <- function(X, j, good, labels) {
  name <- encodeString(labels[[j]], quote = "'")
  if (all(X[, j] == 0)) return(paste("column", name, "is zero in every row"))
  if (all(X[, j] == X[1L, j])) return(paste("column", name, "is constant"))
  share <- qr.coef(qr(X[, good, drop = FALSE]), X[, j])
  of <- labels[good][is.finite(share) & abs(share) > 1e-6 * max(abs(share), na.rm = TRUE)]
  paste0("column ", name, " is a linear combination of ", paste(of, collapse = ", "))
}
