# What a fit says about its data, by nlme's own methods. A `wide` handle is one of rb_widen().

rb_acf <- function(handle, max_lag, type) {
  made <- if (is.null(max_lag)) nlme::ACF(handle$fit, resType = type) else nlme::ACF(handle$fit, maxLag = max_lag, resType = type)
  table <- rb_table(handle, made)
  table$frame$n.used <- as.integer(attr(made, "n.used"))
  table
}

rb_gls_acf <- function(wide, max_lag, type, text) {
  form <- rb_further_formula(wide, "form", text)
  if (!is.null(form) && length(all.vars(rb_covariates(form)))) {
    rb_stop("argument", "form: nlme's ACF counts rows and takes no covariate; write '~ 1 | group'")
  }
  if (!is.null(form) && !is.null(nlme::getGroups(wide$fit))) {
    rb_stop("argument", "form: the fit's correlation structure has groups, and nlme takes those; leave form out")
  }
  options <- list(wide$fit, resType = type, maxLag = max_lag, form = form)
  made <- do.call(nlme::ACF, options[!vapply(options, is.null, NA)])
  table <- rb_table(wide, made)
  table$frame$n.used <- as.integer(attr(made, "n.used"))
  table
}

rb_variogram <- function(wide, text, options) {
  form <- rb_further_formula(wide, "form", text)
  if (wide$model$kind != "gls" && !is.null(form) && !is.null(rb_group_part(form))) {
    rb_stop("argument", "form: nlme's Variogram of an lme fit takes no groups; they are the innermost ones")
  }
  if (!is.null(form)) options$form <- form
  rb_table(wide, do.call(nlme::Variogram, c(list(wide$fit), options)))
}

# R's augmented frames of random effects and coefficients.
rb_ranef_augmented <- function(wide, level, standard) {
  made <- nlme::ranef(wide$fit, augFrame = TRUE, level = level, standard = standard)
  rb_table(wide, made, effects = attr(made, "effectNames"))
}
rb_coef_augmented <- function(wide, level, standard) {
  made <- stats::coef(wide$fit, augFrame = TRUE, level = level)
  rb_table(wide, made, effects = attr(made, "effectNames"))
}
rb_list_ranef_augmented <- function(wide, standard) {
  made <- nlme::ranef(wide$fit, augFrame = TRUE, standard = standard)
  rb_table(wide, made, effects = attr(made, "effectNames"))
}
rb_list_coef_augmented <- function(wide, standard) {
  made <- stats::coef(wide$fit, augFrame = TRUE)
  rb_table(wide, made, effects = attr(made, "effectNames"))
}

# The grid is named on the scale of the covariate as written.
rb_aug_pred <- function(wide, text, grid, level) rb_table(wide, rb_curves(wide, text, grid, level))
rb_curves <- function(wide, text, grid, level) {
  primary <- rb_further_formula(wide, "primary", text)
  values <- tryCatch(eval(primary[[2L]], wide$data, rb_function_env()), error = function(e) rb_explain(e, "primary"))
  if (!is.numeric(values) || length(values) != nrow(wide$data)) {
    rb_stop("data", "primary: ", rb_shown(rb_back(wide, primary[[2L]])), " isn't one number for each row")
  }
  env <- wide$env
  assign("rb_fit", wide$fit, envir = env)
  by_level <- if (wide$model$kind == "lme") list(level = level)  # a list has its groups' curves alone
  eval(as.call(c(list(nlme::augPred, quote(rb_fit), primary = primary), by_level, grid)), env)
}

# Put together as comparePred does, whose own evaluation would not find the data of either fit.
rb_compare_pred <- function(wide, other, text, grid, level, labels) {
  curves <- lapply(list(wide, other), rb_curves, text = text, grid = grid, level = level)
  parts <- Map(function(made, name) {
    made <- as.data.frame(made)
    type <- as.character(made$.type)
    made$.type <- ifelse(type == "original", type, name)
    made
  }, curves, labels)
  second <- parts[[2L]][parts[[2L]]$.type != "original", ]
  names(second) <- names(parts[[1L]])
  made <- rbind(parts[[1L]], second)
  made$.type <- ordered(made$.type, levels = c(labels, "original"))
  rb_table(wide, made)
}

# Pages of tables of groups: R's own print.
rb_ranef_page <- function(handle, level, standard) {
  rb_text(rb_back(handle, nlme::ranef(handle$fit, level = level, standard = standard)))
}
# Several levels as nlme prints random effects of several; of coefficients it has one level only.
rb_coef_page <- function(handle, level, standard) {
  tables <- lapply(level, function(k) stats::coef(handle$fit, level = k))
  if (length(level) == 1L) return(rb_text(rb_back(handle, tables[[1L]])))
  pages <- vapply(tables, function(table) rb_text(rb_back(handle, table)), "")
  names <- vapply(tables, function(table) rb_back(handle, attr(table, "grpNames")), "")
  paste0("Level: ", names, " \n", pages, collapse = "\n\n")
}
rb_var_cov_page <- function(handle, level) {
  blocks <- rev(as.list(handle$fit$modelStruct$reStruct))
  made <- as.matrix(blocks[[level]]) * handle$fit$sigma^2
  rb_text(rb_back(handle, structure(made, class = c("random.effects", "VarCov"), group.levels = names(blocks)[[level]])))
}
rb_matrix_page <- function(handle, table) rb_text(table)

# Each row's group at one level, inner ones named outer/inner; and the response.
rb_groups_of <- function(handle, level) {
  groups <- factor(handle$fit$groups[[level]])
  list(codes = as.integer(groups), levels = levels(groups))
}
rb_response <- function(handle) as.numeric(handle$fit$fitted[, 1L] + handle$fit$residuals[, 1L])

# The covariance of the responses of single groups; nlme knows it for one level of grouping.
rb_group_covariance <- function(handle, type, individuals) {
  fit <- handle$fit
  groups <- unique(as.character(fit$groups[[1L]]))
  if (is.character(individuals)) {
    unknown <- setdiff(individuals, groups)
    if (length(unknown)) rb_stop("argument", "individuals: ", encodeString(unknown[[1L]], quote = "'"), " is not a group of the fit")
  } else if (any(individuals > length(groups))) {
    rb_stop("argument", "individuals: the fit has ", length(groups), " groups")
  }
  made <- rb_back(handle, nlme::getVarCov(fit, individuals = individuals, type = type))
  list(tables = lapply(unclass(made), identity), text = rb_text(made))
}
