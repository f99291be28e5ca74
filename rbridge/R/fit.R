# The parsed model, the frame, and the call of nlme::lme itself.

# texts: named list over fixed (or formula), random, correlation, weights, subset; random may be a named list of texts.
# columns: the names that the data have. kind: lme, gls, lm_list, lmer.
rb_model <- function(texts, columns, kind = "lme") {
  expressions <- list()
  variables <- list()
  for (argument in names(texts)) {
    text <- texts[[argument]]
    expr <- if (argument == "random" && is.list(text)) rb_random_list(unlist(text)) else rb_parse(argument, text)
    extra <- if (kind != "lmer" || argument != "weights") rb_extra[[argument]]  # lmer's weights are numbers, no structure
    variables[[argument]] <- rb_walk(argument, expr, columns, extra)
    if (argument == "fixed" && "." %in% variables$fixed) {
      expr <- rb_expand_dot(expr, columns)
      variables$fixed <- rb_walk(argument, expr, columns)
    }
    if ("." %in% setdiff(variables[[argument]], columns)) {
      rb_stop("formula", argument, " uses '.', which stands for all other columns only as a term of fixed; name the columns")
    }
    expressions[[argument]] <- expr
  }
  parts <- switch(kind, lm_list = rb_list_parts(expressions), lmer = rb_lmer_parts(expressions), rb_parts(expressions, kind))
  expressions <- parts$expressions
  groups <- parts$groups
  rb_check_shapes(expressions)
  rb_check_effects(expressions, groups)
  if (kind %in% c("lme", "lmer")) variables$random <- union(variables$random, groups)
  every <- unique(unlist(variables, use.names = FALSE))
  stand_ins <- rb_stand_ins(every)
  model <- list(
    kind = kind, expressions = lapply(expressions, rb_substitute, stand_ins), formula = rb_substitute(parts$formula, stand_ins),
    variables = lapply(variables, rb_to_stand_in, stand_ins), groups = rb_to_stand_in(groups, stand_ins),
    stand_ins = stand_ins, group_names = groups, labels = rb_label_columns(expressions, groups)
  )
  if (kind == "lme") names(model$expressions$random) <- rb_to_stand_in(names(model$expressions$random), stand_ins)
  response <- expressions$fixed[[2L]]
  list(
    model, variables = variables, covariates = rb_covariate_columns(model),
    response = if (is.symbol(response)) as.character(response) else "", every = every,
    crossing = rb_to_stand_in(every, stand_ins), labels = model$labels
  )
}

# The parts of a model whose formula is fixed's alone.
rb_parts <- function(expressions, kind) {
  if (kind == "lme") rb_check_shapes(expressions)
  list(expressions = expressions, groups = if (kind == "lme") rb_groups(expressions$random) else character())
}

# The grouping columns whose values nothing computes with: they only name groups.
rb_label_columns <- function(expressions, groups) {
  plain <- c("fixed", "subset", "prior")
  computed <- unlist(lapply(expressions[names(expressions) %in% plain], all.vars))
  for (argument in setdiff(names(expressions), plain)) {
    sides <- lapply(rb_inner_formulas(expressions[[argument]]), rb_covariates)
    computed <- c(computed, unlist(lapply(sides, all.vars)))
  }
  setdiff(groups, computed)
}

# The columns that are variables of the fixed or the random effects as they stand, not inside a call.
rb_covariate_columns <- function(model) {
  sides <- c(list(model$expressions$fixed[[3L]]), lapply(rb_inner_formulas(model$expressions$random), rb_covariates))
  terms <- Filter(is.symbol, unlist(lapply(sides, rb_term_variables)))
  rb_to_original(unique(vapply(terms, as.character, "")), model$stand_ins)
}

rb_to_stand_in <- function(names, stand_ins) {
  if (is.null(names)) return(NULL)
  at <- match(names, stand_ins)
  ifelse(is.na(at), names, names(stand_ins)[at])
}
rb_to_original <- function(names, stand_ins) {
  at <- match(names, names(stand_ins))
  as.character(ifelse(is.na(at), names, stand_ins[at]))
}

rb_random_list <- function(texts) {
  as.call(c(list(as.name("list")), structure(lapply(texts, rb_parse, argument = "random"), names = names(texts))))
}

rb_head <- function(expr) if (is.call(expr) && is.symbol(expr[[1L]])) as.character(expr[[1L]]) else ""

# Each argument's outermost shape, and the size of what its formulas expand to.
rb_check_shapes <- function(expressions) {
  fixed <- expressions$fixed
  if (rb_head(fixed) != "~" || length(fixed) != 3L) {
    rb_stop("formula", "fixed must be a formula with a response, such as 'y ~ x'")
  }
  heads <- list(random = c("~", "list", rb_pd), correlation = rb_cor, weights = c("~", rb_var))
  for (argument in intersect(names(heads), names(expressions))) {
    if (!rb_head(expressions[[argument]]) %in% heads[[argument]]) {
      rb_stop(
        "formula", argument, " must be ", if ("~" %in% heads[[argument]]) "a formula or ", "one of ",
        paste0(setdiff(heads[[argument]], "~"), "()", collapse = ", ")
      )
    }
  }
  for (argument in setdiff(names(expressions), "subset")) {
    for (formula in rb_inner_formulas(expressions[[argument]])) {
      if (argument != "fixed" && length(formula) != 2L) {
        rb_stop("formula", argument, " takes one-sided formulas, such as '~ x'; a response belongs in fixed")
      }
      rb_count_terms(argument, rb_covariates(formula))
      if (argument %in% c("fixed", "random")) rb_check_terms(argument, formula)
      nested <- rb_inner_formulas(rb_covariates(formula))
      if (length(formula) == 3L) nested <- c(nested, rb_inner_formulas(formula[[2L]]))
      if (length(nested)) rb_stop("formula", argument, " has a '~' inside a formula")
    }
  }
}

# Both sides of the model must have effects to estimate, and the response must not explain itself.
rb_check_effects <- function(expressions, groups) {
  response <- rb_shown(expressions$fixed[[2L]])
  fixed <- rb_terms(expressions$fixed[[3L]])
  if (rb_is_empty(fixed)) rb_stop("data", "fixed: the formula has no fixed effects; keep at least the intercept, '", response, " ~ 1'")
  factors <- attr(fixed, "factors")
  if (length(factors) && response %in% rownames(factors)[rowSums(factors > 0) > 0]) {
    rb_stop("formula", "fixed: the response ", response, " is on the right side too; drop it there")
  }
  for (formula in rb_inner_formulas(expressions$random)) {
    if (rb_is_empty(rb_terms(rb_covariates(formula)))) {
      rb_stop("data", "random: the formula ", rb_shown(formula), " has no random effects; write '~ 1 | ", paste(groups, collapse = "/"), "'")
    }
  }
}
rb_is_empty <- function(terms) !length(attr(terms, "term.labels")) && !attr(terms, "intercept")

# The grouping factors' names, outermost first.
rb_groups <- function(random) {
  if (rb_head(random) == "list") {
    named <- names(as.list(random)[-1L])
    if (!is.null(named) && all(nzchar(named))) {
      if (!all(vapply(rb_inner_formulas(random), function(f) is.null(rb_group_part(f)), NA))) {
        rb_stop("formula", "random names its groups, so its formulas take no '|': write {'group': '~ x'}")
      }
      if (anyDuplicated(named)) rb_stop("formula", "random names the group ", encodeString(named[anyDuplicated(named)], quote = "'"), " twice")
      return(named)
    }
  }
  for (formula in rb_inner_formulas(random)) {
    part <- rb_group_part(formula)
    if (!is.null(part)) return(rb_group_columns(part))
  }
  rb_stop("formula", "random names no grouping factor: write '~ x | group', or {'group': '~ x'}")
}
rb_group_columns <- function(part, argument = "random") {
  names <- character()
  while (is.call(part)) {
    if (!identical(part[[1L]], as.name("/")) || length(part) != 3L || !is.symbol(part[[3L]])) {
      rb_stop("formula", argument, ": after '|' come column names, nested as outer/inner; make other groupings as a column first")
    }
    names <- c(as.character(part[[3L]]), names)
    part <- part[[2L]]
  }
  if (!is.symbol(part)) rb_stop("formula", argument, ": after '|' come column names, nested as outer/inner")
  names <- c(as.character(part), names)
  if (anyDuplicated(names)) rb_stop("formula", argument, " names the group ", encodeString(names[anyDuplicated(names)], quote = "'"), " twice")
  names
}

# A data frame from columns that Python has filled; no copy of a column is made.
rb_frame <- function(columns, names, n, factors) {
  for (i in seq_along(columns)) {
    levels <- factors[[i]]
    if (is.null(levels)) next
    attributes(columns[[i]]) <- list(
      levels = as.character(levels$labels), class = if (levels$ordered) c("ordered", "factor") else "factor"
    )
  }
  structure(columns, names = names, row.names = .set_row_names(n), class = "data.frame")
}

# The call of R's function, as a script would have it.
rb_fit_call <- function(model, settings) {
  if (model$kind == "lm_list") return(rb_list_call(model, settings))
  if (model$kind == "lmer") return(rb_lmer_call(model, settings))
  parts <- model$expressions
  data <- as.name(settings$data_name)
  call <- if (model$kind == "gls") list(as.name("gls"), model = parts$fixed, data = data)
  else list(as.name("lme"), fixed = parts$fixed, data = data, random = parts$random)
  call$correlation <- parts$correlation
  call$weights <- parts$weights
  call$subset <- parts$subset
  call$method <- settings$method
  if (settings$na_action != "fail") call$na.action <- as.name(paste0("na.", settings$na_action))
  if (length(settings$control)) call$control <- as.call(c(list(as.name(paste0(model$kind, "Control"))), settings$control))
  if (length(settings$contrasts)) {
    named <- structure(settings$contrasts, names = rb_to_stand_in(names(settings$contrasts), model$stand_ins))
    call$contrasts <- as.call(c(list(as.name("list")), named))
  }
  as.call(call)
}

rb_fit <- function(model, frame, settings) {
  if (length(frame) != length(unique(unlist(model$variables)))) stop("rbridge: the frame doesn't match the model")
  env <- new.env(parent = rb_function_env())
  if (model$kind == "lmer") rb_make_room_for_lmer(env)
  assign(settings$data_name, frame, envir = env)
  for (action in c("na.omit", "na.exclude")) assign(action, get(action, envir = asNamespace("stats")), envir = env)
  rows <- rb_check_data(model, frame, settings, env)
  call <- rb_fit_call(model, settings)
  fit <- tryCatch(if (isTRUE(settings$of_list)) rb_lme_of_list(call, model, settings, env) else eval(call, env), error = function(e) rb_diagnose(e, model, frame[rows, , drop = FALSE], env))
  handle <- list(fit = fit, model = model)
  overview <- switch(model$kind, lme = rb_overview, gls = rb_gls_overview, lm_list = rb_list_overview, lmer = rb_lmer_overview)
  list(handle, overview = overview(handle, rows))
}

rb_overview <- function(handle, kept) {
  fit <- handle$fit
  # nlme may return without complaint, with rounding errors for a residual variance
  left <- fit$residuals[, 1L]
  if (rb_is_exact(left, fit$fitted[, 1L] + left)) rb_stop("data", rb_exact_message(handle$model))
  groups <- rb_restore(rev(fit$dims$ngrps[seq_len(fit$dims$Q)]), handle$model$stand_ins, handle$model$group_names)
  used <- rb_used_rows(row.names(fit$fitted), kept)
  rb_scalars(stats::logLik(fit), fit$method, fit$sigma, fit$dims$N, groups, rb_rows(used, fit$na.action), used, fit$numIter)
}
# The rows of the frame, from 1, by their names; where those are the rows kept for the fit, no text is read as a number.
rb_used_rows <- function(names, kept) {
  ends <- c(1L, length(names))
  if (length(names) == length(kept) && identical(names[ends], as.character(kept[ends]))) kept else as.integer(names)
}
rb_scalars <- function(log_lik, method, sigma, n_obs, groups, rows, complete, iterations = NULL) {
  list(
    method = method, sigma = as.numeric(sigma), log_lik = as.numeric(log_lik), aic = stats::AIC(log_lik),
    bic = stats::BIC(log_lik), n_obs = as.integer(n_obs), group_names = as.character(names(groups)), group_sizes = as.integer(groups),
    rows = rows, complete = as.integer(complete), iterations = if (is.null(iterations)) NA_integer_ else as.integer(iterations)
  )
}

# The rows of the frame, from 1, that fitted() and residuals() answer for, in their order: rows are those used, dropped
# what na.action left out.
rb_rows <- function(rows, dropped) {
  if (!inherits(dropped, "exclude")) return(rows)
  padded <- integer(length(rows) + length(dropped))
  padded[-dropped] <- rows
  padded[dropped] <- as.integer(names(dropped))
  padded
}
