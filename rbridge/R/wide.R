# A fit whose data hold further columns: what nlme's methods for new formulas, augmented tables and pictures look at.

# The columns that further formulas use; texts is a named list, columns the names that the data have.
rb_variables <- function(handle, texts, columns) {
  made <- list()
  for (argument in names(texts)) {
    made[[argument]] <- setdiff(rb_walk(argument, rb_further(argument, texts[[argument]]), columns), ".")
  }
  made
}
# A further one-sided formula, or for a picture a formula with its own allow-list.
rb_further <- function(argument, text) {
  expr <- rb_parse(argument, text)
  picture <- startsWith(argument, "plot ")
  if (rb_head(expr) != "~" || (!picture && length(expr) != 2L)) {
    rb_stop("formula", argument, " must be a formula such as ", if (picture) "'resid(.) ~ fitted(.)'" else "'~ x'", ", not ", rb_shown(expr))
  }
  rb_count_terms(argument, rb_covariates(expr))
  expr
}
rb_further_formula <- function(wide, argument, text) {
  if (is.null(text)) return(NULL)
  stats::as.formula(rb_substitute(rb_further(argument, text), wide$model$stand_ins), env = asNamespace("nlme"))
}

rb_used_columns <- function(handle) {
  used <- unique(unlist(handle$model$variables, use.names = FALSE))
  rb_to_original(used, handle$model$stand_ins)
}

# The names under which columns cross, also those that the model doesn't use.
rb_crossing <- function(handle, names) rb_to_stand_in(names, rb_wider_stand_ins(handle$model$stand_ins, names))
rb_wider_stand_ins <- function(stand_ins, names) {
  fresh <- setdiff(names, stand_ins)
  c(stand_ins, rb_stand_ins(c(fresh, names(stand_ins))))
}

# frame: the rows that the model was fitted to; names: their columns' own names.
rb_widen <- function(handle, frame, names) {
  model <- handle$model
  model$stand_ins <- rb_wider_stand_ins(model$stand_ins, names)
  if (model$kind == "lm_list") {
    env <- new.env(parent = rb_function_env())
    return(list(fit = rb_widen_list(handle$fit, frame), model = model, data = frame, env = env))
  }
  if (model$kind == "gls") {
    env <- new.env(parent = rb_function_env())
    return(list(fit = rb_widen_gls(handle$fit, frame), model = model, data = frame, env = env))
  }
  fit <- handle$fit
  row.names(frame) <- row.names(fit$fitted)
  fit$data <- frame
  env <- new.env(parent = environment(fit$terms))
  assign("rb_data", frame, envir = env)
  fit$call$data <- as.name("rb_data")
  fit$call$subset <- fit$call$na.action <- fit$na.action <- NULL
  list(fit = fit, model = model, data = frame, env = env)
}
# As for a list, the call holds the rows themselves: those the model was fitted to.
rb_widen_gls <- function(fit, frame) {
  row.names(frame) <- names(fit$fitted)
  fit$call$data <- frame
  fit$call$subset <- fit$call$na.action <- fit$na.action <- NULL
  fit
}
# A list's residuals and fitted values stand group by group; nlme puts columns of the data beside them as they come, so
# the rows get the same order. The list's call holds them themselves: nlme evaluates it where no name of ours is found.
rb_widen_list <- function(fit, frame) {
  order <- rb_list_order(fit)
  frame <- frame[order, , drop = FALSE]
  row.names(frame) <- NULL
  call <- attr(fit, "call")
  call$data <- frame
  call$subset <- call$na.action <- NULL
  attr(fit, "call") <- call
  attr(fit, "groups") <- attr(fit, "groups")[order]
  fit
}

# A data frame of R's for Python: its numbers and its print. Its columns are data's but for the effects: only those
# are written as in a formula, odd names in backticks.
rb_table <- function(handle, made, effects = character()) {
  columns <- !names(made) %in% effects
  plain <- rb_to_original(names(made)[columns], handle$model$stand_ins)
  made <- rb_back(handle, made)
  names(made)[columns] <- plain
  frame <- structure(unclass(made), class = "data.frame", row.names = row.names(made))
  list(text = rb_text(made), frame = frame, rows = row.names(frame))
}

# The new formula, its dots the sides of the old one; argument says what may stand in it.
rb_update_formula <- function(handle, old, new, argument) {
  allowed <- if (argument == "formula") "formula" else "fixed"
  parts <- lapply(list(old, new), function(text) {
    expr <- rb_parse(argument, text)
    rb_walk(allowed, expr, character())
    if (rb_head(expr) != "~") rb_stop("formula", argument, " must be a formula, such as '. ~ . + x'")
    rb_count_terms(argument, rb_covariates(expr))
    expr
  })
  groups <- rb_group_part(parts[[1L]])  # of a list of regressions: they stay unless the new formula has its own
  parts[[1L]][[length(parts[[1L]])]] <- rb_covariates(parts[[1L]])
  if (!is.null(rb_group_part(parts[[2L]]))) {
    groups <- rb_group_part(parts[[2L]])
    parts[[2L]][[length(parts[[2L]])]] <- rb_covariates(parts[[2L]])
  }
  made <- parts[[2L]]
  if ("." %in% all.vars(made)) {
    made <- do.call(stats::update.formula, lapply(parts, stats::as.formula, env = emptyenv()))
    attributes(made) <- NULL
  }
  if (!is.null(groups)) made[[length(made)]] <- call("|", made[[length(made)]], groups)
  paste(deparse(made), collapse = " ")
}
