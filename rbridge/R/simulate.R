# Responses drawn from a fit, and the likelihood ratio study of nlme's simulate().

# Evaluate with a seed of its own; the state of R's generator is as before afterwards.
rb_with_seed <- function(seed, expr) {
  workspace <- globalenv()
  before <- get0(".Random.seed", envir = workspace, inherits = FALSE)
  on.exit({
    if (is.null(before)) rm(list = intersect(".Random.seed", ls(workspace, all.names = TRUE)), envir = workspace)
    else assign(".Random.seed", before, envir = workspace)
  })
  if (!is.null(seed)) set.seed(seed)
  else if (!is.null(before)) set.seed(NULL)
  expr
}

# Means, covariances and weights are nlme's; one row for each row of the fit, one column a simulation.
# Random effects of the levels up to `level` are held at their estimates.
rb_simulate <- function(handle, nsim, seed, level) {
  fit <- handle$fit
  mean <- as.numeric(fit$fitted[, level + 1L])
  rb_with_seed(seed, mean + rb_draw_effects(fit, nsim, level) + rb_draw_errors(fit, nsim))
}
rb_draw_effects <- function(fit, nsim, level) {
  blocks <- as.list(fit$modelStruct$reStruct)   # innermost first, as their columns are
  data <- rb_rows_used(fit)
  Z <- stats::model.matrix(fit$modelStruct$reStruct, data)
  total <- matrix(0, nrow(Z), nsim)
  last <- 0L
  for (name in names(blocks)) {
    factor <- nlme::pdMatrix(blocks[[name]], factor = TRUE) * fit$sigma
    columns <- last + seq_len(ncol(factor))
    last <- max(columns)
    if (match(name, rev(names(blocks))) <= level) next
    group <- as.integer(factor(as.character(fit$groups[[name]])))
    for (s in seq_len(nsim)) {
      effects <- matrix(stats::rnorm(max(group) * ncol(factor)), max(group)) %*% factor
      total[, s] <- total[, s] + rowSums(Z[, columns, drop = FALSE] * effects[group, , drop = FALSE])
    }
  }
  total
}
rb_draw_errors <- function(fit, nsim) {
  n <- nrow(fit$fitted)
  errors <- matrix(stats::rnorm(n * nsim, sd = fit$sigma), n)
  innermost <- as.character(fit$groups[[ncol(fit$groups)]])
  correlation <- fit$modelStruct$corStruct
  weights <- fit$modelStruct$varStruct
  if (is.null(correlation) && is.null(weights)) return(errors)
  sorted <- order(match(innermost, levels(factor(fit$groups[[ncol(fit$groups)]]))))
  if (!is.null(correlation)) {
    matrices <- nlme::corMatrix(correlation)
    blocks <- as.character(nlme::getGroups(correlation))
    if (!is.list(matrices)) matrices <- list(matrices)
    if (!length(blocks)) blocks <- rep("1", n)
    names(matrices) <- names(matrices) %||% unique(blocks)
    for (block in unique(blocks)) {
      rows <- sorted[blocks == block]
      errors[rows, ] <- t(chol(matrices[[block]])) %*% errors[rows, , drop = FALSE]
    }
  }
  if (!is.null(weights)) errors[sorted, ] <- errors[sorted, , drop = FALSE] / nlme::varWeights(weights)
  errors
}
`%||%` <- function(x, y) if (is.null(x)) y else x
rb_rows_used <- function(fit) fit$data[as.integer(row.names(fit$fitted)), , drop = FALSE]

# nlme evaluates the calls of both fits where it is called from: there each finds its own data.
rb_simulate_lr <- function(handle, other, nsim, seed, methods) {
  env <- new.env(parent = rb_function_env())
  for (action in c("na.omit", "na.exclude")) assign(action, get(action, envir = asNamespace("stats")), envir = env)
  place <- function(fit, name) {
    assign(paste0("rb_data_", name), eval(fit$call$data, environment(fit$terms)), envir = env)
    fit$call$data <- as.name(paste0("rb_data_", name))
    assign(paste0("rb_fit_", name), fit, envir = env)
  }
  place(handle$fit, "null")
  call <- list(stats::simulate, quote(rb_fit_null), nsim = nsim, method = methods)
  if (!is.null(other)) {
    place(other$fit, "alt")
    call$m2 <- quote(rb_fit_alt)
  }
  made <- rb_with_seed(seed, {
    call$seed <- if (is.null(seed)) sample.int(.Machine$integer.max, 1L) else seed
    eval(as.call(call), env)
  })
  alt <- if (is.null(made$alt)) list() else made$alt
  list(null = made$null, alt = alt, df = attr(made, "df"), text = rb_text(made))
}
