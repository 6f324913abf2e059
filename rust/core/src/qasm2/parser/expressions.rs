//! Angles. Constants are folded while reading; what depends on parameters is left in postfix order.

use super::{Angle, Kind, MAX_NESTING, Parser, Res, Signature, Sink, Token, fail};
use crate::qasm2::errors::ErrorKind;
use crate::qasm2::evaluate::{binary, call};
use crate::qasm2::names::Local;
use crate::qasm2::program::Instr;
use crate::qasm2::words::Key;

/// A part of an expression: a number, or steps at the end of `Parser::steps`.
type Part = Option<f64>;

impl<S: Sink> Parser<'_, '_, S> {
    /// `["(" expr {"," expr} ")"]`, into the scratch space. Never empty between parentheses.
    #[inline]
    pub(super) fn angle_list(&mut self, name: Token, signature: Signature) -> Res<()> {
        self.angles.clear();
        self.steps.clear();
        if self.token.kind == Kind::LParen {
            if self.locals.is_none() && !self.placeholders.is_empty() {
                self.lexer.placeholders = Some(self.placeholders);
            }
            self.advance()?;
            loop {
                let angle = self.angle()?;
                self.angles.push(angle);
                if !self.comma()? {
                    break;
                }
            }
            self.lexer.placeholders = None;
            self.expect(Kind::RParen)?;
        }
        let (expected, found) = (signature.n_params, self.angles.len() as u32);
        if expected != found {
            return Err(self.named(name, |gate| ErrorKind::ParamCount {
                gate,
                expected,
                found,
            }));
        }
        Ok(())
    }

    #[inline]
    fn angle(&mut self) -> Res<Angle> {
        if let Some(plain) = self.plain_number()? {
            return Ok(plain);
        }
        let start = self.steps.len();
        let part = self.expr(0)?;
        Ok(Angle {
            value: part.unwrap_or(0.0),
            code: start..self.steps.len(),
            span: None,
        })
    }

    /// `[+-]* NUMBER` without gaps that is the whole argument; else reads nothing.
    #[inline]
    fn plain_number(&mut self) -> Res<Option<Angle>> {
        let (lexer, first) = (self.lexer, self.token);
        let (mut negative, mut end) = (false, first.start);
        while matches!(self.token.kind, Kind::Plus | Kind::Minus) && self.token.start == end {
            negative ^= self.token.kind == Kind::Minus;
            end = self.advance()?.end;
        }
        if self.token.kind == Kind::Number && self.token.start == end {
            let value = self.literal()?;
            let last = self.advance()?;
            if matches!(self.token.kind, Kind::Comma | Kind::RParen) {
                let value = if negative { -value } else { value };
                let span = Some((first.start as u32, last.end as u32));
                let code = self.steps.len()..self.steps.len();
                return Ok(Some(Angle { value, code, span }));
            }
        }
        (self.lexer, self.token) = (lexer, first);
        Ok(None)
    }

    /// The value of the number in hand.
    #[inline]
    fn literal(&self) -> Res<f64> {
        let value = self.lexer.number.value(self.lexer.text_of(self.token));
        if value.is_finite() {
            Ok(value)
        } else {
            Err(fail(ErrorKind::NotFinite, self.token))
        }
    }

    /// `expr := term {("+"|"-") term}`
    fn expr(&mut self, depth: u32) -> Res<Part> {
        let mut left = self.term(depth)?;
        loop {
            let step = match self.token.kind {
                Kind::Plus => Instr::Add,
                Kind::Minus => Instr::Sub,
                _ => return Ok(left),
            };
            let operator = self.advance()?;
            let middle = self.steps.len();
            let right = self.term(depth)?;
            left = self.combine(left, right, middle, step, operator)?;
        }
    }

    /// `term := unary {("*"|"/") unary}`
    fn term(&mut self, depth: u32) -> Res<Part> {
        let mut left = self.unary(depth)?;
        loop {
            let step = match self.token.kind {
                Kind::Star => Instr::Mul,
                Kind::Slash => Instr::Div,
                _ => return Ok(left),
            };
            let operator = self.advance()?;
            let middle = self.steps.len();
            let right = self.unary(depth)?;
            left = self.combine(left, right, middle, step, operator)?;
        }
    }

    /// `unary := {"+"|"-"} power`
    fn unary(&mut self, depth: u32) -> Res<Part> {
        let mut negative = false;
        while matches!(self.token.kind, Kind::Plus | Kind::Minus) {
            negative ^= self.advance()?.kind == Kind::Minus;
        }
        let part = self.power(depth)?;
        if negative && part.is_none() {
            self.steps.push(Instr::Neg);
        }
        Ok(part.map(|value| if negative { -value } else { value }))
    }

    /// `power := atom ["^" unary]`
    fn power(&mut self, depth: u32) -> Res<Part> {
        let base = self.atom(depth)?;
        if self.token.kind != Kind::Caret {
            return Ok(base);
        }
        let depth = self.deeper(depth)?;
        let operator = self.advance()?;
        let middle = self.steps.len();
        let exponent = self.unary(depth)?;
        self.combine(base, exponent, middle, Instr::Pow, operator)
    }

    /// `atom := NUMBER | "pi" | fn "(" expr ")" | ID | "(" expr ")"`
    fn atom(&mut self, depth: u32) -> Res<Part> {
        match self.token.kind {
            Kind::Number => {
                let value = self.literal()?;
                self.advance()?;
                Ok(Some(value))
            }
            Kind::LParen => self.parenthesised(depth),
            Kind::Placeholder => {
                self.steps.push(Instr::Param(self.lexer.placeholder));
                self.advance()?;
                Ok(None)
            }
            Kind::Id => self.word(depth),
            _ => Err(self.unexpected_operand()),
        }
    }

    /// `"(" expr ")"`
    fn parenthesised(&mut self, depth: u32) -> Res<Part> {
        let depth = self.deeper(depth)?;
        self.expect(Kind::LParen)?;
        let part = self.expr(depth)?;
        self.expect(Kind::RParen)?;
        Ok(part)
    }

    /// A name in an expression.
    fn word(&mut self, depth: u32) -> Res<Part> {
        let name = self.token;
        let key = self.lexer.key(name);
        if !key.is_none_or(|k| k == Key::Pi || k.is_soft() || k.function().is_some()) {
            return Err(self.unexpected_operand());
        }
        self.advance()?;
        if key == Some(Key::Pi) {
            return Ok(Some(std::f64::consts::PI));
        }
        let called = self.token.kind == Kind::LParen;
        match key.and_then(Key::function) {
            Some(function) if called || !key.is_some_and(Key::is_soft) => {
                let part = self.parenthesised(depth)?;
                match part.map(|x| call(function, x)) {
                    None => self.steps.push(Instr::Call(function)),
                    Some(value) if value.is_finite() => return Ok(Some(value)),
                    Some(_) => return Err(fail(ErrorKind::NotFinite, name)),
                }
                Ok(None)
            }
            _ => self.parameter(name, called),
        }
    }

    fn parameter(&mut self, name: Token, called: bool) -> Res<Part> {
        match self
            .locals
            .as_ref()
            .and_then(|l| l.find(self.lexer.text_of(name)))
        {
            Some(Local::Param(index)) if !called => {
                self.steps.push(Instr::Param(index));
                Ok(None)
            }
            _ if called => Err(self.named(name, |name| ErrorKind::UnknownFunction { name })),
            _ => Err(self.named(name, |name| ErrorKind::UnknownSymbol { name })),
        }
    }

    /// Joins two parts; the steps of the right one start at `middle`.
    fn combine(
        &mut self,
        left: Part,
        right: Part,
        middle: usize,
        step: Instr,
        operator: Token,
    ) -> Res<Part> {
        if step == Instr::Div && right == Some(0.0) {
            return Err(fail(ErrorKind::DivisionByZero, operator));
        }
        match (left, right) {
            (Some(left), Some(right)) => {
                let value = binary(step, left, right);
                return if value.is_finite() {
                    Ok(Some(value))
                } else {
                    Err(fail(ErrorKind::NotFinite, operator))
                };
            }
            (Some(left), None) => self.steps.insert(middle, Instr::Const(left)),
            (None, Some(right)) => self.steps.push(Instr::Const(right)),
            (None, None) => {}
        }
        self.steps.push(step);
        Ok(None)
    }

    fn deeper(&self, depth: u32) -> Res<u32> {
        if depth < MAX_NESTING {
            return Ok(depth + 1);
        }
        Err(fail(ErrorKind::TooDeep { limit: MAX_NESTING }, self.token))
    }

    #[cold]
    fn unexpected_operand(&self) -> Box<crate::qasm2::QasmError> {
        let found = self.lexer.name_of(self.token);
        fail(ErrorKind::UnexpectedInExpression { found }, self.token)
    }
}
