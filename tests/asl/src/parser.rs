//! From the text of a query to its expression.

use serde_json::Value;

use crate::jsonata::{Expression, Function, Operator, QueryError};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Variable(String),
    Name(String),
    Sign(&'static str),
}

/// Longer signs before those that begin them.
const SIGNS: [&str; 21] = [
    "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ":", "?", ".", "=", "<", ">", "+", "-", "*", "/",
    "&",
];

/// Operators by how tightly they bind, as JSONata has them.
const OPERATORS: [(&str, Operator, u8); 14] = [
    ("or", Operator::Or, 25),
    ("and", Operator::And, 30),
    ("in", Operator::In, 40),
    ("=", Operator::Equal, 40),
    ("!=", Operator::Unequal, 40),
    ("<", Operator::Less, 40),
    ("<=", Operator::LessOrEqual, 40),
    (">", Operator::Greater, 40),
    (">=", Operator::GreaterOrEqual, 40),
    ("+", Operator::Add, 50),
    ("-", Operator::Subtract, 50),
    ("&", Operator::Join, 50),
    ("*", Operator::Multiply, 60),
    ("/", Operator::Divide, 60),
];

fn refuse<T>(reason: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError::Unsupported(reason.into()))
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first == '\'' || first == '"' {
            let inner = &rest[1..];
            let Some(end) = inner.find(first) else { return refuse("a text without an end") };
            if inner[..end].contains('\\') {
                return refuse("an escape in a text");
            }
            (Token::Text(inner[..end].to_owned()), end + 2)
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..end].parse();
            (Token::Number(number.or_else(|_| refuse(format!("the number {}", &rest[..end])))?), end)
        } else if first.is_ascii_alphabetic() || first == '$' {
            let end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let end = end.map_or(rest.len(), |end| end + 1);
            let token = match rest[..end].strip_prefix('$') {
                Some("") => return refuse("the context `$`"),
                Some(name) => Token::Variable(name.to_owned()),
                None => Token::Name(rest[..end].to_owned()),
            };
            (token, end)
        } else {
            match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return refuse(format!("the sign {first}")),
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// Reads a query, the text between `{%` and `%}`.
pub(crate) fn parse(text: &str) -> Result<Expression, QueryError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let expression = parser.choice()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some(token) => refuse(format!("{token:?} after the end of the expression")),
    }
}

impl Parser {
    fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn needs(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.takes(sign) {
            Ok(())
        } else {
            refuse(format!("no {sign} before {:?}", self.tokens.get(self.at)))
        }
    }

    fn choice(&mut self) -> Result<Expression, QueryError> {
        let condition = self.operation(0)?;
        if !self.takes("?") {
            return Ok(condition);
        }
        let then = self.choice()?;
        self.needs(":")?;
        let otherwise = self.choice()?;
        Ok(Expression::Choice(Box::new([condition, then, otherwise])))
    }

    fn operation(&mut self, binds: u8) -> Result<Expression, QueryError> {
        let mut left = self.path()?;
        loop {
            let word = match self.tokens.get(self.at) {
                Some(Token::Sign(sign)) => *sign,
                Some(Token::Name(name)) => name.as_str(),
                Some(Token::Text(_) | Token::Number(_) | Token::Variable(_)) | None => return Ok(left),
            };
            let Some((_, operator, strength)) = OPERATORS.into_iter().find(|(sign, ..)| *sign == word) else {
                return Ok(left);
            };
            if strength <= binds {
                return Ok(left);
            }
            self.at += 1;
            let right = self.operation(strength)?;
            left = Expression::Operation(operator, Box::new([left, right]));
        }
    }

    fn path(&mut self) -> Result<Expression, QueryError> {
        let mut value = self.value()?;
        while self.takes(".") {
            let Some(Token::Name(name)) = self.tokens.get(self.at) else {
                return refuse(format!("the step {:?} of a path", self.tokens.get(self.at)));
            };
            value = Expression::Field(Box::new(value), name.clone());
            self.at += 1;
        }
        Ok(value)
    }

    fn value(&mut self) -> Result<Expression, QueryError> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Ok(Expression::Literal(Value::String(text))),
            Some(Token::Number(number)) => Ok(Expression::Literal(crate::jsonata::number(number)?)),
            Some(Token::Name(name)) => match name.as_str() {
                "true" => Ok(Expression::Literal(Value::Bool(true))),
                "false" => Ok(Expression::Literal(Value::Bool(false))),
                "null" => Ok(Expression::Literal(Value::Null)),
                _ => refuse(format!("the name {name} without a variable before it")),
            },
            Some(Token::Variable(name)) if self.takes("(") => {
                let Some(function) = Function::named(&name) else {
                    return refuse(format!("the function ${name}"));
                };
                let arguments = self.list(")")?;
                if !function.takes(arguments.len()) {
                    return refuse(format!("${name} of {} arguments", arguments.len()));
                }
                Ok(Expression::Call(function, arguments))
            }
            Some(Token::Variable(name)) => Ok(Expression::Variable(name)),
            Some(Token::Sign("(")) => {
                let inner = self.choice()?;
                self.needs(")")?;
                Ok(inner)
            }
            Some(Token::Sign("[")) => Ok(Expression::Array(self.list("]")?)),
            Some(Token::Sign("{")) => self.object(),
            other => refuse(format!("{other:?} where a value is expected")),
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expression>, QueryError> {
        let mut items = Vec::new();
        if self.takes(end) {
            return Ok(items);
        }
        loop {
            items.push(self.choice()?);
            if self.takes(end) {
                return Ok(items);
            }
            self.needs(",")?;
        }
    }

    fn object(&mut self) -> Result<Expression, QueryError> {
        let mut fields = Vec::new();
        if self.takes("}") {
            return Ok(Expression::Object(fields));
        }
        loop {
            let Some(Token::Text(name)) = self.tokens.get(self.at).cloned() else {
                return refuse(format!("the key {:?}", self.tokens.get(self.at)));
            };
            self.at += 1;
            self.needs(":")?;
            fields.push((name, self.choice()?));
            if self.takes("}") {
                return Ok(Expression::Object(fields));
            }
            self.needs(",")?;
        }
    }
}
