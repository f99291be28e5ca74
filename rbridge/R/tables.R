# The objects that print: R's own print, captured, and the numbers behind it.

rb_text <- function(x, ...) paste(utils::capture.output(print(x, ...)), collapse = "\n")

rb_summary <- function(handle, adjust) {
  made <- rb_back(handle, rb_without_rows(handle, summary(handle$fit, adjustSigma = adjust)))
  list(
    text = rb_text(made), t_table = made$tTable, correlation = made$corFixed,
    residuals = structure(as.numeric(made$residuals), names = names(made$residuals)),
    fixed = paste(deparse(made$call$fixed), collapse = " "), data_name = as.character(made$call$data)
  )
}
rb_print_fit <- function(handle) {
  if (isS4(handle$fit)) return(rb_back(handle, rb_text(handle$fit)))  # its slots are lme4's own
  rb_text(rb_back(handle, rb_without_rows(handle, handle$fit)))
}

# Printing doesn't look at the rows themselves; where names must be put back, don't walk through them.
rb_without_rows <- function(handle, x) {
  if (is.list(x) && length(handle$model$stand_ins)) x[c("data", "fitted", "groups")] <- NULL
  x
}

rb_var_corr <- function(handle, rdig = 3L) {
  fit <- handle$fit
  blocks <- rev(as.list(fit$modelStruct$reStruct))
  levels <- lapply(blocks, function(block) {
    variance <- nlme::VarCorr(block, sigma = fit$sigma)
    list(variance = variance[, "Variance"], std_dev = variance[, "StdDev"], terms = rownames(variance), corr = rb_correlation(block))
  })
  rb_back(handle, list(
    text = rb_text(rb_back(handle, nlme::VarCorr(fit, rdig = rdig))), sigma = fit$sigma, names = names(blocks),
    terms = lapply(levels, `[[`, "terms"), variance = lapply(levels, function(x) as.numeric(x$variance)),
    std_dev = lapply(levels, function(x) as.numeric(x$std_dev)), corr = lapply(levels, `[[`, "corr")
  ))
}
# A correlation with an effect whose variance is zero isn't defined: NaN.
rb_correlation <- function(block) {
  D <- as.matrix(block)
  sd <- sqrt(diag(D))
  corr <- D / outer(sd, sd)
  diag(corr) <- 1
  corr
}

rb_intervals <- function(handle, level, which) {
  made <- rb_back(handle, nlme::intervals(handle$fit, level = level, which = which))
  parts <- list()
  add <- function(part, group, table) {
    table <- as.matrix(table)
    parts[[length(parts) + 1L]] <<- list(
      part = part, group = group, terms = if (is.null(rownames(table))) rep("", nrow(table)) else rownames(table),
      values = matrix(as.numeric(table), nrow(table))
    )
  }
  for (part in names(made)) {
    piece <- made[[part]]
    if (part == "reStruct") {
      for (group in names(piece)) add(part, group, piece[[group]])
    } else if (part == "sigma") {
      add(part, "", matrix(piece, 1L, dimnames = list("sigma", NULL)))
    } else {
      add(part, "", piece)
    }
  }
  list(
    text = rb_text(made), part = rep(vapply(parts, `[[`, "", "part"), vapply(parts, function(p) length(p$terms), 1L)),
    group = rep(vapply(parts, `[[`, "", "group"), vapply(parts, function(p) length(p$terms), 1L)),
    term = unlist(lapply(parts, `[[`, "terms")), values = do.call(rbind, lapply(parts, `[[`, "values"))
  )
}

# One fit: F tests of terms, or of the combinations L. Several: likelihood ratio tests, named fit1, fit2, ...
rb_anova <- function(handles, type, terms, L) {
  env <- new.env(parent = baseenv())
  names <- if (length(handles) == 1L) "fit" else paste0("fit", seq_along(handles))
  for (i in seq_along(handles)) assign(names[[i]], handles[[i]]$fit, envir = env)
  call <- c(list(quote(stats::anova)), lapply(names, as.name))
  if (length(handles) == 1L) call$type <- type
  if (!is.null(terms)) call$Terms <- rb_term_labels(handles[[1L]], terms)
  if (!is.null(L)) call$L <- rb_combinations(handles[[1L]], L)
  made <- rb_back(handles[[1L]], eval(as.call(call), env))
  frame <- as.data.frame(made)
  frame$call <- NULL
  list(text = rb_text(made), frame = frame, rows = row.names(frame))
}
rb_term_labels <- function(handle, terms) {
  labels <- names(attr(handle$fit$fixDF, "assign"))
  shown <- rb_back(handle, labels)
  at <- match(terms, if (is.character(terms)) shown else seq_along(shown))
  if (anyNA(at)) {
    unknown <- terms[is.na(at)][[1L]]
    rb_stop(
      "argument", "terms: ", if (is.character(terms)) encodeString(unknown, quote = "'") else unknown, " is not a term of the fit; its terms are ",
      paste(encodeString(shown, quote = "'"), collapse = ", ")
    )
  }
  if (is.character(terms)) labels[at] else at
}

# Linear combinations, their columns matched to the coefficients.
rb_combinations <- function(handle, L) {
  shown <- names(rb_fixef(handle))
  listed <- paste(encodeString(shown, quote = "'"), collapse = ", ")
  unknown <- setdiff(colnames(L), shown)
  if (length(unknown)) {
    rb_stop("argument", "L: ", encodeString(unknown[[1L]], quote = "'"), " is not a coefficient; the coefficients are ", listed)
  }
  if (is.null(colnames(L)) && ncol(L) != length(shown)) {
    rb_stop("argument", "L has ", ncol(L), " columns for ", length(shown), " coefficients: ", listed)
  }
  full <- matrix(0, nrow(L), length(shown), dimnames = list(if (nrow(L) > 1L) rownames(L), names(rb_coefficients(handle$fit))))
  full[, if (is.null(colnames(L))) seq_along(shown) else match(colnames(L), shown)] <- L
  if (qr(L)$rank < nrow(L)) rb_stop("argument", "L: its rows are linearly dependent; leave out what the others imply")
  full  # nlme takes the row's name for an effect's where a matrix of one row has one column
}
