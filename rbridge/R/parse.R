# From text to a parsed model: R's own parser reads it, then every call in it is held against the allow-list.
# Nothing is evaluated here.

rb_max_depth <- 1000L   # deeper nesting could exhaust the C stack in R's own recursive code
rb_max_terms <- 2000    # terms that a formula may expand to
rb_max_power <- 20      # R's (a + b)^n loops n times

rb_parse <- function(argument, text) {
  parsed <- tryCatch(
    suppressWarnings(parse(text = text, keep.source = FALSE, encoding = "UTF-8")),
    error = function(e) {
      rb_stop("formula", argument, " isn't R syntax: ", rb_parse_message(conditionMessage(e)))
    }
  )
  if (length(parsed) != 1L) {
    rb_stop("formula", argument, " must be exactly one expression, not ", length(parsed))
  }
  parsed[[1L]]
}

# R's message without its first line's file name: "unexpected symbol" and where.
rb_parse_message <- function(message) sub("^<text>:([0-9]+):([0-9]+): *", "", message)

# An empty argument, as in f(, x): it must not be assigned to a variable, whose use would be an error.
rb_is_missing_arg <- function(call, i) is.symbol(call[[i]]) && !nzchar(as.character(call[[i]]))

# The operators between terms of a formula, which stand for no arithmetic: `a * b` is three terms.
rb_term_operators <- c("+", "-", "*", "/", ":", "^", "%in%", "(", "|")

# Whether the i-th part of a call is a term of a formula, where a name can only be a column's.
rb_is_term <- function(argument, node, name, i, plain) {
  if (name == "~") return(i == length(node) || is.symbol(node[[i]]))  # a response that is no column is arithmetic
  plain && argument != "subset" && name %in% rb_term_operators
}

# Walk a parsed call with a stack of its own (hostile nesting must not recurse); returns the variables' names.
# `pi` inside an expression is the number.
rb_walk <- function(argument, expr, columns, extra = rb_extra[[argument]]) {
  allowed <- c(rb_operators, rb_transforms, extra)
  stack <- list(list(expr, 0L, TRUE))
  variables <- character()
  while (length(stack)) {
    item <- stack[[length(stack)]]
    stack[[length(stack)]] <- NULL
    node <- item[[1L]]
    depth <- item[[2L]] + 1L
    plain <- item[[3L]]
    if (depth > rb_max_depth) rb_stop("formula", argument, " is nested more than ", rb_max_depth, " deep")
    if (is.call(node)) {
      name <- rb_check_head(argument, node, allowed)
      if (name %in% rb_of_fit) {
        rb_check_dot(argument, node)
        next
      }
      if (identical(name, "^")) rb_check_power(argument, node)
      for (i in rev(seq_along(node)[-1L])) {
        if (rb_is_missing_arg(node, i)) rb_stop("formula", argument, " has an empty argument in ", name, "()")
        stack[[length(stack) + 1L]] <- list(node[[i]], depth, rb_is_term(argument, node, name, i, plain))
      }
    } else if (identical(node, quote(pi)) && !plain) {
      if ("pi" %in% columns) rb_stop("formula", argument, ": 'pi' is the number 3.14..., but the data have a column 'pi' too; rename it")
    } else if (is.symbol(node)) {
      variables <- c(variables, as.character(node))
    } else {
      rb_check_constant(argument, node)
    }
  }
  unique(variables)
}

rb_check_head <- function(argument, node, allowed) {
  head <- node[[1L]]
  if (!is.symbol(head)) rb_stop("formula", argument, " calls something that isn't a plain function name")
  name <- as.character(head)
  if (name %in% allowed) return(name)
  shown <- setdiff(allowed, c("(", rb_operators))
  rb_stop(
    "formula", argument, " uses ", encodeString(name, quote = "'"), ", which is not allowed there. Allowed: R's operators and ",
    paste(shown, collapse = ", "), ". For anything else, make the column in pandas first"
  )
}

# fitted(.), and in pictures resid(., type = "p", level = 1): what is asked of the fit itself.
rb_check_dot <- function(argument, node) {
  name <- as.character(node[[1L]])
  others <- as.list(node)[-(1:2)]
  fine <- length(node) >= 2L && identical(node[[2L]], as.name("."))
  if (startsWith(argument, "plot ")) {
    given <- if (is.null(names(others))) rep("", length(others)) else names(others)
    constant <- vapply(others, function(x) (is.character(x) || is.numeric(x)) && length(x) == 1L, NA)
    if (!fine || !all(given %in% c("type", "level")) || !all(constant)) {
      rb_stop("formula", argument, ": write ", name, "(.) with a dot, and type or level as constants: ", name, "(., level = 1)")
    }
  } else if (!fine || length(others)) {
    rb_stop("formula", argument, ": only fitted(.) and resid(.) are understood, with a dot")
  }
}

rb_check_power <- function(argument, node) {
  power <- if (length(node) == 3L) node[[3L]]
  if (is.numeric(power) && (!is.finite(power) || power > 1000)) {
    rb_stop("formula", argument, " has the power ", format(power), "; at most 1000 is allowed")
  }
}

rb_check_constant <- function(argument, node) {
  fine <- is.null(node) || ((is.numeric(node) || is.logical(node) || is.character(node)) && length(node) == 1L)
  if (!fine) rb_stop("formula", argument, " holds a constant of type ", typeof(node), ", which is not allowed")
}

# An upper bound on the terms a right-hand side expands to, before R is asked to expand it.
rb_count_terms <- function(argument, expr) {
  count <- function(node) {
    if (!is.call(node)) return(1)
    name <- as.character(node[[1L]])
    if (name == "(") return(count(node[[2L]]))
    if (length(node) != 3L) return(1)
    if (!name %in% c("+", "-", "*", "/", ":", "%in%", "^")) return(1)
    left <- count(node[[2L]])
    if (name == "^") {
      power <- node[[3L]]
      if (!is.numeric(power) || power > rb_max_power || power < 1 || power != round(power)) {
        rb_stop(
          "formula", argument, ": '^' between terms needs a whole number from 1 to ", rb_max_power,
          "; for a power of a column write I(x^2)"
        )
      }
      # R keeps every product of the two lists of terms before it drops the doubles
      return(if (left == 1) 1 else sum(choose(left, seq_len(min(power, left)))))
    }
    right <- count(node[[3L]])
    both <- switch(name, "+" = , "-" = left + right, "*" = left + right + left * right, "/" = left + right, left * right)
    if (both > rb_max_terms) rb_stop("formula", argument, " would expand to more than ", rb_max_terms, " terms")
    both
  }
  if (count(expr) > rb_max_terms) rb_stop("formula", argument, " would expand to more than ", rb_max_terms, " terms")
}

# What stands between the operators of a right-hand side must be a column, an expression, or 0 or 1.
rb_check_terms <- function(argument, formula) {
  stack <- list(rb_covariates(formula))
  while (length(stack)) {
    node <- stack[[length(stack)]]
    stack[[length(stack)]] <- NULL
    operator <- rb_term_operator(node)
    if (operator == "|") {
      rb_stop("formula", argument, ": ", rb_shown(formula), " has more than one '|'; write '~ effects | group', with nested groups as outer/inner")
    } else if (nzchar(operator)) {
      stack <- c(stack, as.list(node)[if (operator == "^") 2L else -1L])
    } else if (is.character(node) || is.logical(node) || (is.numeric(node) && !node %in% c(0, 1))) {
      rb_stop("formula", argument, ": ", rb_shown(node), " is not a term; name a column")
    }
  }
}
rb_shown <- function(expr) paste(deparse(expr, backtick = TRUE), collapse = " ")

# The formulas inside a structure, right-hand sides split from their groups.
rb_inner_formulas <- function(expr) {
  found <- list()
  stack <- list(expr)
  while (length(stack)) {
    node <- stack[[length(stack)]]
    stack[[length(stack)]] <- NULL
    if (!is.call(node)) next
    if (identical(node[[1L]], as.name("~"))) {
      found <- c(list(node), found)
    } else {
      stack <- c(stack, as.list(node)[-1L])
    }
  }
  rev(found)
}
rb_covariates <- function(formula) {
  right <- formula[[length(formula)]]
  if (is.call(right) && identical(right[[1L]], as.name("|"))) right[[2L]] else right
}
rb_group_part <- function(formula) {
  right <- formula[[length(formula)]]
  if (is.call(right) && identical(right[[1L]], as.name("|"))) right[[3L]]
}
