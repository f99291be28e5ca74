# lme4::lmer, with the degrees of freedom of lmerTest and pbkrtest where those are installed.

rb_has_lmer <- function() {
  if (!requireNamespace("lme4", quietly = TRUE)) {
    rb_stop("unavailable", "R's package lme4 isn't installed. Mend: apt-get install r-cran-lme4, or in R: install.packages('lme4')")
  }
}

rb_lmer_parts <- function(expressions) {
  rb_has_lmer()
  formula <- expressions$formula
  if (rb_head(formula) != "~" || length(formula) != 3L) rb_stop("formula", "formula must have a response, such as 'y ~ x + (x | group)'")
  rb_count_terms("formula", formula[[3L]])
  if (rb_head(formula[[3L]]) == "|" && identical(formula[[3L]][[2L]], 1)) formula[[3L]] <- call("(", formula[[3L]])  # y ~ 1 | g
  bars <- rb_bars(formula[[3L]])
  if (!length(bars)) rb_stop("formula", "formula has no random effects: write them in parentheses, such as 'y ~ x + (x | group)'")
  groups <- unique(unlist(lapply(bars, function(bar) rb_bar_groups(bar[[3L]]))))
  expressions$prior <- expressions$weights
  expressions$formula <- expressions$weights <- NULL
  plain <- lme4::nobars(stats::as.formula(formula, env = emptyenv()))
  attributes(plain) <- NULL
  expressions$fixed <- plain
  expressions$random <- as.call(c(list(as.name("list")), lapply(bars, function(bar) call("~", call("|", bar[[2L]], bar[[3L]])))))
  list(expressions = expressions, groups = groups, formula = formula)
}

# The parts `(effects | group)` of a right-hand side, each a term of its own.
rb_bars <- function(node) {
  if (rb_head(node) == "(" && rb_head(node[[2L]]) %in% c("|", "||")) return(list(node[[2L]]))
  if (rb_head(node) %in% c("|", "||")) rb_stop("formula", "formula: put the random effects in parentheses: (", rb_shown(node), ")")
  if (rb_head(node) == "+" && length(node) == 2L) return(rb_bars(node[[2L]]))
  if (rb_head(node) == "+" && length(node) == 3L) return(c(rb_bars(node[[2L]]), rb_bars(node[[3L]])))
  if (any(c("|", "||") %in% all.names(node))) rb_stop("formula", "formula: ", rb_shown(node), " has random effects that aren't a term of their own")
  list()
}
rb_bar_groups <- function(part) {
  if (is.symbol(part)) return(as.character(part))
  if (rb_head(part) == "(") return(rb_bar_groups(part[[2L]]))
  if (rb_head(part) %in% c("/", ":", "+", "*") && length(part) == 3L) return(c(rb_bar_groups(part[[2L]]), rb_bar_groups(part[[3L]])))
  rb_stop("formula", "formula: after '|' come column names, joined by / or :, not ", rb_shown(part))
}

# lme4 evaluates pieces of its own call where it was called from; the model's own text can't name these.
rb_make_room_for_lmer <- function(env) {
  env$lmer <- lme4::lmer
  env$lmerControl <- lme4::lmerControl
  env$dummy <- lme4::dummy
  env$weights <- NULL  # lme4 looks for the name, whatever it stands for
  env[["::"]] <- base::`::`
  env[["||"]] <- base::`||`
}

rb_lmer_call <- function(model, settings) {
  call <- list(as.name("lmer"), formula = model$formula, data = as.name(settings$data_name), REML = settings$method == "REML")
  call$subset <- model$expressions$subset
  call$weights <- model$expressions$prior
  if (settings$na_action != "fail") call$na.action <- as.name(paste0("na.", settings$na_action))
  if (length(settings$control) || length(settings$opt_ctrl)) {
    control <- settings$control
    if (length(settings$opt_ctrl)) control$optCtrl <- as.call(c(list(as.name("list")), settings$opt_ctrl))
    call$control <- as.call(c(list(as.name("lmerControl")), control))
  }
  if (length(settings$contrasts)) {
    named <- structure(settings$contrasts, names = rb_to_stand_in(names(settings$contrasts), model$stand_ins))
    call$contrasts <- as.call(c(list(as.name("list")), named))
  }
  as.call(call)
}

rb_lmer_overview <- function(handle, kept) {
  fit <- handle$fit
  groups <- rb_back(handle, lme4::ngrps(fit))
  used <- rb_used_rows(row.names(stats::model.frame(fit)), kept)
  list <- rb_scalars(
    stats::logLik(fit), if (lme4::isREML(fit)) "REML" else "ML", stats::sigma(fit), stats::nobs(fit), groups,
    rb_rows(used, attr(stats::model.frame(fit), "na.action")), used
  )
  list$singular <- lme4::isSingular(fit)
  list$messages <- as.character(unlist(fit@optinfo$conv$lme4$messages))
  list
}

rb_lmer_ranef <- function(handle) rb_lmer_groups(handle, lme4::ranef(handle$fit, condVar = FALSE))
rb_lmer_coef <- function(handle) rb_lmer_groups(handle, stats::coef(handle$fit))
rb_lmer_groups <- function(handle, made) {
  tables <- lapply(made, function(frame) {
    plain <- as.matrix(structure(unclass(frame), class = "data.frame", row.names = row.names(frame)))
    dimnames(plain) <- list(row.names(frame), names(frame))
    plain
  })
  names(tables) <- names(made)
  list(tables = rb_back(handle, tables), text = rb_text(rb_back(handle, made)))
}
rb_lmer_fitted <- function(handle) as.numeric(stats::fitted(handle$fit))
rb_lmer_residuals <- function(handle, type) as.numeric(stats::residuals(handle$fit, type = type, scaled = type == "pearson"))

rb_lmer_columns <- function(handle, population) {
  model <- handle$model
  random <- if (population) list() else as.list(model$expressions$random)[-1L]
  names <- unique(c(rb_all_vars(model$expressions$fixed[[3L]]), unlist(lapply(random, rb_all_vars))))
  list(original = rb_to_original(names, model$stand_ins), crossing = names, labels = model$labels)
}
rb_lmer_predict <- function(handle, frame, population) {
  fit <- handle$fit
  old <- stats::model.frame(fit)
  covariates <- setdiff(intersect(names(frame), names(old)), handle$model$groups)
  frame[covariates] <- rb_known_levels(handle, frame[covariates], old[covariates])
  complete <- stats::complete.cases(frame[setdiff(names(frame), handle$model$groups)])
  answer <- rep(NA_real_, nrow(frame))
  if (!any(complete)) return(answer)
  rows <- frame[complete, , drop = FALSE]
  values <- if (population) stats::predict(fit, rows, re.form = NA)
  else stats::predict(fit, rows, allow.new.levels = TRUE, na.action = stats::na.pass)
  answer[complete] <- as.numeric(values)
  if (!population) answer[complete][rb_lmer_unseen(handle, rows)] <- NA  # lme4 would give the population's
  answer
}
# The rows with a group that the fit has not seen, in any term.
rb_lmer_unseen <- function(handle, rows) {
  unseen <- rep(FALSE, nrow(rows))
  for (name in names(lme4::getME(handle$fit, "flist"))) {
    known <- levels(lme4::getME(handle$fit, "flist")[[name]])
    parts <- lapply(strsplit(name, ":", fixed = TRUE)[[1L]], function(part) as.character(rows[[part]]))
    label <- do.call(paste, c(parts, sep = ":"))
    unseen <- unseen | !label %in% known
  }
  unseen
}

rb_lmer_var_corr <- function(handle) {
  made <- lme4::VarCorr(handle$fit)
  back <- rb_back(handle, structure(lapply(made, identity), names = names(made)))
  list(
    text = rb_text(rb_back(handle, made)), sigma = stats::sigma(handle$fit), names = names(back),
    terms = lapply(back, rownames), variance = lapply(back, function(x) as.numeric(diag(x))),
    std_dev = lapply(back, function(x) as.numeric(attr(x, "stddev"))),
    corr = lapply(back, function(x) { D <- attr(x, "correlation"); D[is.nan(D)] <- NaN; D })
  )
}
rb_lmer_covariances <- function(handle) {
  made <- lme4::VarCorr(handle$fit)
  rb_back(handle, structure(lapply(made, function(x) matrix(x, nrow(x), dimnames = dimnames(x))), names = names(made)))
}

# The fit as lmerTest knows it, for degrees of freedom.
rb_lmer_tested <- function(handle, ddf) {
  if (ddf == "none") return(handle$fit)
  needed <- c("lmerTest", if (ddf == "Kenward-Roger") "pbkrtest")
  for (package in needed) if (!requireNamespace(package, quietly = TRUE)) {
    rb_stop(
      "unavailable", "ddf: R's package ", package, " isn't installed. Mend: apt-get install r-cran-", tolower(package),
      ", or in R: install.packages('", package, "'), or ddf='none'"
    )
  }
  env <- new.env(parent = environment(stats::formula(handle$fit)))
  env$rb_fit <- handle$fit
  eval(as.call(list(lmerTest::as_lmerModLmerTest, quote(rb_fit))), env)
}
rb_lmer_ddf <- function(handle) if (requireNamespace("lmerTest", quietly = TRUE)) "Satterthwaite" else "none"
rb_lmer_summary <- function(handle, ddf) {
  fit <- rb_lmer_tested(handle, ddf)
  made <- if (ddf == "none") summary(fit) else summary(fit, ddf = ddf)
  table <- stats::coef(made)
  blank <- rep(NaN, nrow(table))
  column <- function(name) if (name %in% colnames(table)) table[, name] else blank
  contract <- cbind(
    Value = table[, "Estimate"], Std.Error = table[, "Std. Error"], DF = column("df"), "t-value" = table[, "t value"],
    "p-value" = column("Pr(>|t|)")
  )
  row.names(contract) <- row.names(table)
  correlation <- stats::cov2cor(as.matrix(stats::vcov(handle$fit)))
  list(
    text = rb_text(rb_back(handle, made)), t_table = rb_back(handle, contract), correlation = rb_back(handle, correlation),
    residuals = structure(stats::quantile(stats::residuals(handle$fit, scaled = TRUE), names = FALSE), names = c("Min", "Q1", "Med", "Q3", "Max"))
  )
}
rb_lmer_anova <- function(handles, ddf, type, refit) {
  if (length(handles) > 1L) {
    env <- new.env(parent = environment(stats::formula(handles[[1L]]$fit)))
    names <- paste0("fit", seq_along(handles))
    for (i in seq_along(handles)) assign(names[[i]], handles[[i]]$fit, envir = env)
    made <- eval(as.call(c(list(stats::anova), lapply(names, as.name), refit = refit)), env)
  } else {
    fit <- rb_lmer_tested(handles[[1L]], ddf)
    made <- if (ddf == "none") stats::anova(fit) else stats::anova(fit, type = type, ddf = ddf)
  }
  made <- rb_back(handles[[1L]], made)
  frame <- as.data.frame(made)
  list(text = rb_text(made), frame = frame, rows = row.names(frame))
}
rb_lmer_intervals <- function(handle, level, method, seed, nsim) {
  made <- if (method == "boot") rb_with_seed(seed, stats::confint(handle$fit, level = level, method = "boot", nsim = nsim))
  else stats::confint(handle$fit, level = level, method = method)
  rb_back(handle, made)
}
rb_lmer_simulate <- function(handle, nsim, seed) {
  as.matrix(rb_with_seed(seed, stats::simulate(handle$fit, nsim = nsim)))
}
