//! The part of JSONata that the state machines use. Whatever else it is asked is an error.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use thiserror::Error;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// It is not of the part of JSONata that is known here.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// JSONata itself, or Step Functions, would fail.
    #[error("the query fails: {0}")]
    Fails(String),
}

/// What a query may look at.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `$states`, and the machine's variables.
    pub variables: BTreeMap<String, Value>,
    /// `$millis()`.
    pub now_millis: i64,
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Ceil,
    Exists,
    Max,
    Merge,
    Millis,
    Number,
    String,
    Substring,
}

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "ceil" => Some(Self::Ceil),
            "exists" => Some(Self::Exists),
            "max" => Some(Self::Max),
            "merge" => Some(Self::Merge),
            "millis" => Some(Self::Millis),
            "number" => Some(Self::Number),
            "string" => Some(Self::String),
            "substring" => Some(Self::Substring),
            _ => None,
        }
    }

    pub(crate) fn takes(self, arguments: usize) -> bool {
        match self {
            Self::Millis => arguments == 0,
            Self::Ceil | Self::Exists | Self::Max | Self::Merge | Self::Number | Self::String => {
                arguments == 1
            }
            Self::Substring => arguments == 3,
        }
    }
}

/// An operator of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    In,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Join,
    Multiply,
    Divide,
}

/// A query that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Literal(Value),
    Variable(String),
    Field(Box<Expression>, String),
    Call(Function, Vec<Expression>),
    Array(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    Operation(Operator, Box<[Expression; 2]>),
    Choice(Box<[Expression; 3]>),
}

/// A query, or a value that stands for itself, as a field of a state has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Plain(Value),
    Query(Expression),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

impl TryFrom<Value> for Template {
    type Error = QueryError;

    fn try_from(value: Value) -> Result<Self, QueryError> {
        node(value).map(Self)
    }
}

impl Template {
    /// Its value.
    ///
    /// # Errors
    /// [`QueryError`]; a query that comes to nothing is one, as in Step Functions.
    pub fn value(&self, scope: &Scope) -> Result<Value, QueryError> {
        fill(&self.0, scope)
    }
}

fn node(value: Value) -> Result<Node, QueryError> {
    match value {
        Value::String(text) => match text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
            Some(query) => match crate::parser::parse(query) {
                Ok(query) => Ok(Node::Query(query)),
                Err(error) => Err(QueryError::Unsupported(format!("{error} in {text}"))),
            },
            None => Ok(Node::Plain(Value::String(text))),
        },
        Value::Array(items) => Ok(Node::List(items.into_iter().map(node).collect::<Result<_, _>>()?)),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| Ok((name, node(value)?)));
            Ok(Node::Fields(fields.collect::<Result<_, QueryError>>()?))
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Ok(Node::Plain(plain)),
    }
}

fn fill(node: &Node, scope: &Scope) -> Result<Value, QueryError> {
    match node {
        Node::Plain(value) => Ok(value.clone()),
        Node::Query(query) => match evaluate(query, scope)? {
            Some(value) => Ok(value),
            None => fails(format!("{query:?} comes to nothing")),
        },
        Node::List(items) => {
            Ok(Value::Array(items.iter().map(|item| fill(item, scope)).collect::<Result<_, _>>()?))
        }
        Node::Fields(fields) => {
            let fields = fields.iter().map(|(name, node)| Ok((name.clone(), fill(node, scope)?)));
            Ok(Value::Object(fields.collect::<Result<Map<_, _>, QueryError>>()?))
        }
    }
}

fn fails<T>(reason: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError::Fails(reason.into()))
}

/// The value of an expression, or nothing.
fn evaluate(expression: &Expression, scope: &Scope) -> Result<Option<Value>, QueryError> {
    match expression {
        Expression::Literal(value) => Ok(Some(value.clone())),
        Expression::Variable(name) => match scope.variables.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => fails(format!("there is no variable ${name}")),
        },
        Expression::Field(of, name) => match evaluate(of, scope)? {
            Some(Value::Object(fields)) => Ok(fields.get(name).cloned()),
            Some(Value::Array(_)) => Err(QueryError::Unsupported(format!("the step {name} into a list"))),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Ok(None),
        },
        Expression::Call(function, arguments) => {
            let arguments: Vec<_> =
                arguments.iter().map(|argument| evaluate(argument, scope)).collect::<Result<_, _>>()?;
            call(*function, &arguments, scope)
        }
        Expression::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| evaluate(item, scope)).collect::<Result<_, _>>()?;
            Ok(Some(Value::Array(items.into_iter().flatten().collect())))
        }
        Expression::Object(fields) => {
            let mut object = Map::new();
            for (name, value) in fields {
                if let Some(value) = evaluate(value, scope)? {
                    object.insert(name.clone(), value);
                }
            }
            Ok(Some(Value::Object(object)))
        }
        Expression::Operation(operator, operands) => {
            let [left, right] = operands.as_ref();
            match operator {
                Operator::Or => Ok(Some(Value::Bool(truth(left, scope)? || truth(right, scope)?))),
                Operator::And => Ok(Some(Value::Bool(truth(left, scope)? && truth(right, scope)?))),
                _ => operate(*operator, evaluate(left, scope)?, evaluate(right, scope)?),
            }
        }
        Expression::Choice(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            if truth(condition, scope)? { evaluate(then, scope) } else { evaluate(otherwise, scope) }
        }
    }
}

/// What JSONata takes for true: nothing, zero and whatever is empty are false.
fn truth(expression: &Expression, scope: &Scope) -> Result<bool, QueryError> {
    match evaluate(expression, scope)? {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truth)) => Ok(truth),
        Some(Value::Number(number)) => Ok(number.as_f64() != Some(0.0)),
        Some(Value::String(text)) => Ok(!text.is_empty()),
        Some(Value::Object(fields)) => Ok(!fields.is_empty()),
        Some(Value::Array(_)) => Err(QueryError::Unsupported("the truth of a list".to_owned())),
    }
}

fn operate(
    operator: Operator,
    left: Option<Value>,
    right: Option<Value>,
) -> Result<Option<Value>, QueryError> {
    if operator == Operator::Join {
        return Ok(Some(Value::String(text(left.as_ref())? + &text(right.as_ref())?)));
    }
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(match operator {
            Operator::Equal | Operator::Unequal | Operator::In => Some(Value::Bool(false)),
            _ => None,
        });
    };
    let answer = match operator {
        Operator::Equal => Value::Bool(equal(&left, &right)),
        Operator::Unequal => Value::Bool(!equal(&left, &right)),
        Operator::In => match right {
            Value::Array(items) => Value::Bool(items.iter().any(|item| equal(item, &left))),
            single => Value::Bool(equal(&single, &left)),
        },
        Operator::Less => Value::Bool(float(&left)? < float(&right)?),
        Operator::LessOrEqual => Value::Bool(float(&left)? <= float(&right)?),
        Operator::Greater => Value::Bool(float(&left)? > float(&right)?),
        Operator::GreaterOrEqual => Value::Bool(float(&left)? >= float(&right)?),
        Operator::Add => number(float(&left)? + float(&right)?)?,
        Operator::Subtract => number(float(&left)? - float(&right)?)?,
        Operator::Multiply => number(float(&left)? * float(&right)?)?,
        Operator::Divide => number(float(&left)? / float(&right)?)?,
        Operator::Or | Operator::And | Operator::Join => return fails("evaluated elsewhere"),
    };
    Ok(Some(answer))
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn float(value: &Value) -> Result<f64, QueryError> {
    value.as_f64().map_or_else(|| fails(format!("{value} is no number")), Ok)
}

/// A number, written without a fraction if it has none.
#[expect(clippy::cast_possible_truncation, reason = "whole and of less than 2^53")]
pub(crate) fn number(float: f64) -> Result<Value, QueryError> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() < EXACT {
        return Ok(Value::from(float as i64));
    }
    Number::from_f64(float).map_or_else(|| fails(format!("{float} is no number")), |n| Ok(Value::Number(n)))
}

fn text(value: Option<&Value>) -> Result<String, QueryError> {
    match value {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => serde_json::to_string(&whole(other)?).or_else(|error| fails(error.to_string())),
    }
}

/// A value whose numbers are written as JavaScript writes them.
fn whole(value: &Value) -> Result<Value, QueryError> {
    match value {
        Value::Number(_) => number(float(value)?),
        Value::Array(items) => Ok(Value::Array(items.iter().map(whole).collect::<Result<_, _>>()?)),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), whole(value)?)));
            Ok(Value::Object(fields.collect::<Result<Map<_, _>, QueryError>>()?))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(value.clone()),
    }
}

fn call(function: Function, arguments: &[Option<Value>], scope: &Scope) -> Result<Option<Value>, QueryError> {
    let first = arguments.first().and_then(Option::as_ref);
    match (function, first) {
        (Function::Exists, _) => Ok(Some(Value::Bool(first.is_some()))),
        (Function::Millis, _) => Ok(Some(Value::from(scope.now_millis))),
        (_, None) => Ok(None),
        (Function::Ceil, Some(of)) => number(float(of)?.ceil()).map(Some),
        (Function::Max, Some(Value::Array(items))) => {
            let numbers: Vec<f64> = items.iter().map(float).collect::<Result<_, _>>()?;
            numbers.into_iter().reduce(f64::max).map(number).transpose()
        }
        (Function::Merge, Some(Value::Array(items))) => {
            let mut merged = Map::new();
            for item in items {
                let Value::Object(fields) = item else { return fails(format!("{item} is no object")) };
                merged.extend(fields.clone());
            }
            Ok(Some(Value::Object(merged)))
        }
        (Function::Number, Some(Value::String(text))) => match text.parse() {
            Ok(parsed) => number(parsed).map(Some),
            Err(_) => fails(format!("{text} is no number")),
        },
        (Function::String, Some(of)) => text(Some(of)).map(|text| Some(Value::String(text))),
        (Function::Substring, Some(Value::String(of))) => {
            let [_, Some(start), Some(length)] = arguments else { return fails("a part of a text") };
            let (start, length) = (index(start)?, index(length)?);
            Ok(Some(Value::String(of.chars().skip(start).take(length).collect())))
        }
        (Function::Max | Function::Merge | Function::Number | Function::Substring, Some(of)) => {
            Err(QueryError::Unsupported(format!("{function:?} of {of}")))
        }
    }
}

fn index(value: &Value) -> Result<usize, QueryError> {
    let whole = number(float(value)?)?.as_u64().and_then(|index| usize::try_from(index).ok());
    whole.map_or_else(|| fails(format!("{value} is no index")), Ok)
}
