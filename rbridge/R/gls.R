# What a fit by nlme::gls answers besides what all fits do.

rb_gls_overview <- function(handle, kept) {
  fit <- handle$fit
  if (rb_is_exact(as.numeric(fit$residuals), as.numeric(fit$fitted + fit$residuals))) rb_stop("data", rb_exact_message(handle$model))
  rows <- as.integer(names(stats::residuals(fit)))   # with those that na.exclude left out
  rb_scalars(stats::logLik(fit), fit$method, fit$sigma, fit$dims$N, integer(), rows, names(fit$fitted), fit$numIter)
}

rb_gls_fitted <- function(handle) as.numeric(stats::fitted(handle$fit))
rb_gls_residuals <- function(handle, type) as.numeric(stats::residuals(handle$fit, type = type))

rb_gls_columns <- function(handle) {
  names <- rb_all_vars(handle$model$expressions$fixed[[3L]])
  list(original = rb_to_original(names, handle$model$stand_ins), crossing = names, labels = character())
}
rb_gls_predict <- function(handle, frame) {
  fit <- handle$fit
  env <- environment(stats::formula(fit))
  old <- eval(fit$call$data, env)
  frame <- rb_known_levels(handle, frame, old[names(frame)])
  complete <- stats::complete.cases(frame)
  answer <- rep(NA_real_, nrow(frame))
  if (any(complete)) answer[complete] <- as.numeric(stats::predict(fit, frame[complete, , drop = FALSE]))
  answer
}

# The correlation and the standard deviations of one group's responses.
rb_gls_covariance <- function(handle, individual) {
  fit <- handle$fit
  made <- if (is.null(individual)) nlme::getVarCov(fit) else nlme::getVarCov(fit, individual = individual)
  plain <- unclass(made)
  attr(plain, "group.levels") <- NULL
  dimnames(plain) <- NULL
  list(table = plain, text = rb_text(rb_back(handle, made)))
}

rb_gls_summary <- function(handle) {
  made <- rb_back(handle, summary(handle$fit))
  list(
    text = rb_text(made), t_table = made$tTable, correlation = made$corBeta,
    residuals = structure(as.numeric(made$residuals), names = names(made$residuals))
  )
}
