# nlme::lmList: a regression for each group.

rb_list_parts <- function(expressions) {
  formula <- expressions$formula
  if (rb_head(formula) != "~" || length(formula) != 3L || rb_head(formula[[3L]]) != "|") {
    rb_stop("formula", "formula must have a response and groups, such as 'y ~ x | group'")
  }
  groups <- rb_group_columns(formula[[3L]][[3L]], "formula")
  expressions$formula <- NULL
  expressions$fixed <- as.call(list(as.name("~"), formula[[2L]], formula[[3L]][[2L]]))
  list(expressions = expressions, groups = groups, formula = formula)
}

rb_list_call <- function(model, settings) {
  call <- list(as.name("lmList"), object = model$formula, data = as.name(settings$data_name))
  if (length(settings$level)) call$level <- settings$level
  call$subset <- model$expressions$subset
  if (settings$na_action != "fail") call$na.action <- as.name(paste0("na.", settings$na_action))
  call$pool <- settings$pool
  as.call(call)
}

rb_list_overview <- function(handle, kept) {
  fit <- handle$fit
  level <- attr(fit, "level")
  sizes <- structure(length(fit), names = handle$model$group_names[[level]])
  log_lik <- tryCatch(stats::logLik(fit), error = function(e) structure(NA_real_, df = NA_real_, class = "logLik"))
  rb_scalars(log_lik, "ML", rb_list_sd(fit), length(kept), sizes, kept[rb_list_order(fit)], kept)
}
# nlme stops where no group has a row to spare; the coefficients are there all the same.
rb_list_sd <- function(fit) {
  tryCatch(nlme::pooledSD(fit), error = function(e) structure(NaN, df = sum(vapply(fit, function(m) if (is.null(m)) 0L else m$df.residual, 0L))))
}
# fitted() and residuals() list the groups as they first appear, each with its rows in their order.
rb_list_order <- function(fit) {
  positions <- split(seq_along(attr(fit, "groups")), attr(fit, "groups"))
  unlist(positions[names(fit)][attr(fit, "origOrder")], use.names = FALSE)
}

rb_list_coef <- function(handle) {
  made <- stats::coef(handle$fit)
  plain <- as.matrix(structure(unclass(made), class = "data.frame", row.names = row.names(made)))
  dimnames(plain) <- list(row.names(made), rb_back(handle, names(made)))
  list(table = plain, text = rb_text(rb_back(handle, made)))
}
rb_list_ranef <- function(handle, standard) {
  made <- nlme::ranef(handle$fit, standard = standard)
  plain <- as.matrix(structure(unclass(made), class = "data.frame", row.names = row.names(made)))
  dimnames(plain) <- list(row.names(made), rb_back(handle, names(made)))
  list(table = plain, text = rb_text(rb_back(handle, made)))
}
rb_list_fitted <- function(handle) as.numeric(stats::fitted(handle$fit))
rb_list_residuals <- function(handle, type) as.numeric(stats::residuals(handle$fit, type = type))

rb_list_summary <- function(handle, pool) {
  made <- rb_back(handle, summary(handle$fit, pool = pool))
  list(text = rb_text(made), slices = rb_slices(made$coefficients))
}
rb_list_intervals <- function(handle, level, pool) {
  made <- rb_back(handle, nlme::intervals(handle$fit, level = level, pool = pool))
  list(text = rb_text(made), slices = rb_slices(unclass(made)))
}
# A table of groups for each coefficient.
rb_slices <- function(cube) {
  made <- lapply(seq_len(dim(cube)[[3L]]), function(k) matrix(cube[, , k], dim(cube)[[1L]], dimnames = dimnames(cube)[1:2]))
  structure(made, names = dimnames(cube)[[3L]])
}
rb_list_columns <- function(handle) {
  model <- handle$model
  names <- unique(c(rb_all_vars(model$expressions$fixed[[3L]]), model$groups[seq_len(attr(handle$fit, "level"))]))
  list(original = rb_to_original(names, model$stand_ins), crossing = names, labels = model$labels)
}
rb_list_predict <- function(handle, frame) {
  groups <- do.call(paste, c(lapply(frame[handle$model$groups[seq_len(attr(handle$fit, "level"))]], as.character), sep = "/"))
  known <- groups %in% names(handle$fit) & stats::complete.cases(frame)
  answer <- rep(NA_real_, nrow(frame))
  for (group in unique(groups[known])) {
    rows <- known & groups == group
    if (!is.null(handle$fit[[group]])) answer[rows] <- as.numeric(stats::predict(handle$fit[[group]], frame[rows, , drop = FALSE]))
  }
  answer
}
rb_list_df <- function(handle) as.numeric(attr(rb_list_sd(handle$fit), "df"))

# What an lme of the list is: its formula without the groups, the effects of a group, the groups.
rb_list_parts_of <- function(handle) {
  shown <- function(expr) rb_shown(rb_restore(expr, handle$model$stand_ins))
  fixed <- handle$model$expressions$fixed
  list(fixed = shown(fixed), effects = shown(fixed[[3L]]), groups = handle$model$group_names)
}
# lme of a list: nlme starts from the spread of the list's coefficients. Its call holds the rows and every argument as
# they are, because nlme evaluates them where no name of ours is found; the fit's own call is then as for any lme.
rb_lme_of_list <- function(call, model, settings, env) {
  parts <- as.list(call)[-1L]
  frame <- env[[settings$data_name]]
  formula <- call("~", parts$fixed[[2L]], call("|", parts$fixed[[3L]], as.name(model$groups)))
  listed <- nlme::lmList(stats::as.formula(formula, env = env), data = frame)
  attr(listed, "call") <- call("lmList", object = formula, data = frame)
  left <- parts[setdiff(names(parts), c("fixed", "data", if (!settings$own_random) "random"))]
  evaluated <- setdiff(names(left), "subset")
  values <- left
  values[evaluated] <- lapply(left[evaluated], eval, env)
  fit <- do.call(nlme::lme, c(list(listed), values))
  fit$call[names(left)] <- left
  fit$call$data <- as.name(settings$data_name)
  fit$origCall <- NULL
  environment(fit$terms) <- env
  fit
}
