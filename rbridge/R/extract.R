# What a fit answers: each asks nlme itself, and gives its names the user's spelling back.
# A handle is list(fit =, model =).

rb_back <- function(handle, x) rb_restore(x, handle$model$stand_ins, handle$model$group_names)

rb_fixef <- function(handle) rb_back(handle, rb_coefficients(handle$fit))
rb_coefficients <- function(fit) if (inherits(fit, "gls")) stats::coef(fit) else nlme::fixef(fit)
rb_vcov <- function(handle) rb_back(handle, as.matrix(stats::vcov(handle$fit)))
rb_t_table <- function(handle) rb_back(handle, summary(handle$fit)$tTable)

rb_corr_params <- function(handle) rb_structure_params(handle, "corStruct")
rb_var_params <- function(handle) rb_structure_params(handle, "varStruct")
rb_structure_params <- function(handle, part) {
  structure <- handle$fit$modelStruct[[part]]
  if (is.null(structure)) return(numeric())
  values <- stats::coef(structure, unconstrained = FALSE)
  if (!length(values)) return(numeric())
  if (is.null(names(values))) names(values) <- seq_along(values)
  rb_back(handle, structure(as.numeric(values), names = names(values)))
}

# The covariance matrix of the random effects at each level, outermost first (nlme's getVarCov refuses nested fits).
rb_var_cov <- function(handle) {
  fit <- handle$fit
  blocks <- rev(as.list(fit$modelStruct$reStruct))
  rb_back(handle, lapply(blocks, function(block) as.matrix(block) * fit$sigma^2))
}

rb_level_names <- function(fit) rev(names(fit$modelStruct$reStruct))

rb_by_level <- function(handle, get) {
  fit <- handle$fit
  values <- lapply(seq_len(fit$dims$Q), function(level) {
    frame <- get(fit, level)
    plain <- as.matrix(structure(unclass(frame), class = "data.frame", row.names = row.names(frame)))
    dimnames(plain) <- list(row.names(frame), names(frame))
    plain
  })
  rb_back(handle, structure(values, names = rb_level_names(fit)))
}
rb_ranef <- function(handle, standard = FALSE) {
  rb_by_level(handle, function(fit, level) nlme::ranef(fit, level = level, standard = standard))
}
rb_coef <- function(handle, standard = FALSE) rb_by_level(handle, function(fit, level) stats::coef(fit, level = level))

rb_fitted <- function(handle, level) as.numeric(stats::fitted(handle$fit, level = level))
rb_residuals <- function(handle, level, type) as.numeric(stats::residuals(handle$fit, type = type, level = level))

# Predictions for new rows; a row with a missing covariate is predicted as missing.
rb_lme_predict <- function(handle, frame, level) {
  fit <- handle$fit
  old <- fit$data[as.integer(row.names(fit$fitted)), names(frame), drop = FALSE]
  frame <- rb_whole_labels(handle, rb_known_levels(handle, frame, old))
  complete <- stats::complete.cases(frame[setdiff(names(frame), handle$model$groups)])
  answer <- rep(NA_real_, nrow(frame))
  if (!any(complete)) return(answer)
  rows <- frame[complete, , drop = FALSE]
  # nlme rebuilds the codings of ordered factors, and of factors made in the formula, from the levels that the
  # new rows happen to have: put the old rows before them, so that it finds all.
  made <- setdiff(names(fit$contrasts), names(fit$data))
  before <- if (length(made) || any(vapply(frame, is.ordered, NA))) nrow(old) else 0L
  if (before) rows <- rbind(old, rows)
  rb_check_made_factors(handle, old, rows, made)
  # nlme looks for a column for each; a factor of the random effects isn't used at level 0, nor an inner one above it
  fit$contrasts <- fit$contrasts[intersect(names(fit$contrasts), names(frame))]
  values <- as.numeric(stats::predict(fit, rows, level = level))
  answer[complete] <- values[before + seq_len(sum(complete))]
  answer
}

# Factors that the formula makes, such as factor(x): new rows must not make levels that the fit has not seen.
rb_check_made_factors <- function(handle, old, rows, made) {
  env <- environment(handle$fit$terms)
  for (label in made) {
    expr <- str2lang(label)
    fresh <- setdiff(levels(factor(eval(expr, rows, env))), levels(factor(eval(expr, old, env))))
    if (length(fresh)) {
      rb_stop(
        "data", "newdata: ", rb_back(handle, label), " has the level ", encodeString(fresh[[1L]], quote = "'"),
        ", which the fit has not seen"
      )
    }
  }
}

# Whole numbers as doubles (a column with gaps, say) name their groups as the fit's integers do: in full.
rb_whole_labels <- function(handle, frame) {
  labels <- rb_to_stand_in(handle$model$labels, handle$model$stand_ins)
  for (name in intersect(labels, names(frame))) {
    column <- frame[[name]]
    if (!is.double(column) || is.double(handle$fit$data[[name]])) next
    whole <- !is.na(column) & column == round(column)
    frame[[name]] <- factor(ifelse(is.na(column), NA, ifelse(whole, sprintf("%.0f", column), as.character(column))))
  }
  frame
}

# New rows under the levels that the fit knows; a column of another type, or an unseen level, is refused.
rb_known_levels <- function(handle, frame, old) {
  for (name in setdiff(names(frame), handle$model$groups)) {
    column <- frame[[name]]
    if (all(is.na(column))) next
    if (is.factor(column) != is.factor(old[[name]])) {
      rb_stop(
        "data", "newdata: column ", rb_named(handle$model, name), " is ", if (is.factor(column)) "a factor" else "numeric",
        ", but it was ", if (is.factor(column)) "numeric" else "a factor", " in the fit"
      )
    }
    if (!is.factor(column)) next
    known <- levels(droplevels(old[[name]]))
    fresh <- setdiff(as.character(unique(column[!is.na(column)])), known)
    if (length(fresh)) {
      rb_stop(
        "data", "newdata: column ", rb_named(handle$model, name), " has the level ", encodeString(fresh[[1L]], quote = "'"),
        ", which the fit has not seen; it knows ", paste(encodeString(known, quote = "'"), collapse = ", ")
      )
    }
    frame[[name]] <- factor(as.character(column), levels = known, ordered = is.ordered(old[[name]]))
  }
  frame
}

rb_predict_variables <- function(handle, level) {
  model <- handle$model
  # predict() at level k needs the groups of levels 1..k, and nlme builds the random effects of these levels
  outermost_first <- rev(as.list(handle$fit$modelStruct$reStruct))
  random <- lapply(outermost_first[seq_len(level)], function(block) rb_all_vars(stats::formula(block)))
  fixed <- rb_all_vars(model$expressions$fixed[[3L]])
  unique(c(fixed, unlist(random), model$groups[seq_len(level)]))
}
# The columns in an expression, a formula or a list of some; a column called pi has crossed under another name.
rb_all_vars <- function(expr) {
  if (is.list(expr)) unlist(lapply(expr, rb_all_vars)) else setdiff(all.vars(expr), "pi")
}
rb_lme_columns <- function(handle, level) {
  names <- as.character(rb_predict_variables(handle, level))
  list(original = rb_to_original(names, handle$model$stand_ins), crossing = names, labels = handle$model$labels)
}

rb_live <- function(handle) handle$fit
