# `.` on the right side of fixed: all columns that the response doesn't use, written out as R's terms() would.
# nlme::lme itself doesn't expand it.

rb_max_dot <- 900L   # columns; their sum is as deep as it is long

rb_expand_dot <- function(fixed, columns) {
  if (rb_head(fixed) != "~" || length(fixed) != 3L || !rb_has_dot_term(fixed[[3L]])) return(fixed)
  if ("." %in% columns) {
    rb_stop("formula", "fixed: '.' stands for all other columns, but the data have a column '.' too; rename it")
  }
  others <- setdiff(columns, all.vars(fixed[[2L]]))
  if (!length(others)) rb_stop("formula", "fixed: '.' stands for all other columns, but there are none")
  if (length(others) > rb_max_dot) {
    rb_stop("formula", "fixed: '.' stands for ", length(others), " columns; at most ", rb_max_dot, " are allowed")
  }
  sizes <- nchar(others, "bytes")
  if (any(sizes == 0L | sizes > 10000L)) {
    rb_stop("data", "fixed: '.' takes in a column whose name R can't hold (empty or too long); rename it")
  }
  total <- Reduce(function(left, right) call("+", left, right), lapply(others, as.name))
  fixed[[3L]] <- rb_replace_dot(fixed[[3L]], total, whole = TRUE)
  fixed
}

# The operator of a call between terms, or "" for anything else.
rb_term_operator <- function(node) {
  name <- rb_head(node)
  if (name %in% rb_term_operators) name else ""
}

rb_has_dot_term <- function(expr) {
  stack <- list(expr)
  while (length(stack)) {
    node <- stack[[length(stack)]]
    stack[[length(stack)]] <- NULL
    if (identical(node, quote(.))) return(TRUE)
    if (nzchar(rb_term_operator(node))) stack <- c(stack, as.list(node)[-1L])
  }
  FALSE
}

# The sum stands bare where it is all of a side or begins a sum, otherwise in parentheses.
rb_replace_dot <- function(node, total, whole = FALSE) {
  if (identical(node, quote(.))) return(if (whole || is.symbol(total)) total else call("(", total))
  operator <- rb_term_operator(node)
  if (!nzchar(operator)) return(node)
  node[[2L]] <- rb_replace_dot(node[[2L]], total, whole = operator == "(" || (operator == "+" && length(node) == 3L))
  if (length(node) == 3L) node[[3L]] <- rb_replace_dot(node[[3L]], total)
  node
}
