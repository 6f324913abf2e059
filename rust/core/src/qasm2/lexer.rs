//! Bytes to tokens, one at a time and without allocation.
//!
//! Comments are `// …` and `/* … */` (not nested); they separate tokens and move nothing. Outside
//! comments, strings and placeholders only ASCII is allowed. Strings stand in `"…"` or `'…'` on one line.

use super::errors::{ErrorKind, QasmError};
use super::number::Number;
use super::placeholders::Placeholders;
use super::words::{self, Key, Word};

/// Errors travel boxed, so that results stay small.
pub(super) type Res<T> = Result<T, Box<QasmError>>;

/// Kinds of tokens. Reserved words come as [`Kind::Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Id,
    Number,
    Str,
    Placeholder,
    Semi,
    Comma,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Arrow,
    Eq,
    Plus,
    Minus,
    Star,
    Slash,
    Caret,
    Eof,
}

impl Kind {
    /// The name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Id | Kind::Placeholder => "ID",
            Kind::Number => "NUMBER",
            Kind::Str => "STRING",
            Kind::Semi => "SEMI",
            Kind::Comma => "COMMA",
            Kind::LParen => "LPAREN",
            Kind::RParen => "RPAREN",
            Kind::LBracket => "LBRACKET",
            Kind::RBracket => "RBRACKET",
            Kind::LBrace => "LBRACE",
            Kind::RBrace => "RBRACE",
            Kind::Arrow => "ARROW",
            Kind::Eq => "EQ",
            Kind::Plus => "PLUS",
            Kind::Minus => "MINUS",
            Kind::Star => "STAR",
            Kind::Slash => "SLASH",
            Kind::Caret => "CARET",
            Kind::Eof => "EOF",
        }
    }
}

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// How a byte begins a token.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Illegal,
    Space,
    Letter,
    Digit,
    Point,
    Single(Kind),
    Minus,
    Slash,
    Equals,
    Quote,
}

static CLASSES: [Class; 256] = {
    let mut table = [Class::Illegal; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = class_of(b as u8);
        b += 1;
    }
    table
};

const fn class_of(byte: u8) -> Class {
    match byte {
        b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => Class::Space,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b'.' => Class::Point,
        b';' => Class::Single(Kind::Semi),
        b',' => Class::Single(Kind::Comma),
        b'(' => Class::Single(Kind::LParen),
        b')' => Class::Single(Kind::RParen),
        b'[' => Class::Single(Kind::LBracket),
        b']' => Class::Single(Kind::RBracket),
        b'{' => Class::Single(Kind::LBrace),
        b'}' => Class::Single(Kind::RBrace),
        b'+' => Class::Single(Kind::Plus),
        b'*' => Class::Single(Kind::Star),
        b'^' => Class::Single(Kind::Caret),
        b'-' => Class::Minus,
        b'/' => Class::Slash,
        b'=' => Class::Equals,
        b'"' | b'\'' => Class::Quote,
        _ => Class::Illegal,
    }
}

/// Where the name that begins at `start` ends: at `start` if there is none.
#[inline]
pub(super) fn word_end(src: &[u8], start: usize) -> usize {
    let Some(Class::Letter) = src.get(start).map(|b| CLASSES[*b as usize]) else {
        return start;
    };
    let mut end = start + 1;
    while let Some(Class::Letter | Class::Digit) = src.get(end).map(|b| CLASSES[*b as usize]) {
        end += 1;
    }
    end
}

/// Reads tokens off a source.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'s, 'p> {
    /// The source.
    pub(super) text: &'s str,
    src: &'s [u8],
    pos: usize,
    /// The last number read.
    pub(super) number: Number,
    /// The last placeholder read.
    pub(super) placeholder: u32,
    /// Placeholders to look for now, if any.
    pub(super) placeholders: Option<&'p Placeholders<'p>>,
}

impl<'s, 'p> Lexer<'s, 'p> {
    pub(super) fn new(text: &'s str) -> Self {
        let (src, number) = (text.as_bytes(), Number::default());
        Lexer {
            text,
            src,
            pos: 0,
            number,
            placeholder: 0,
            placeholders: None,
        }
    }

    /// The next token.
    #[inline]
    pub(super) fn next(&mut self) -> Res<Token> {
        loop {
            let start = self.pos;
            let Some(&byte) = self.src.get(start) else {
                return Ok(Token {
                    kind: Kind::Eof,
                    start,
                    end: start,
                });
            };
            let class = CLASSES[byte as usize];
            if class == Class::Space {
                self.pos += 1;
                continue;
            }
            if let Some(found) = self.placeholders.and_then(|p| p.find(self.src, start)) {
                return Ok(self.placeholder(start, found));
            }
            return match class {
                Class::Single(kind) => Ok(self.take(kind, start + 1)),
                Class::Letter => Ok(self.word(start)),
                Class::Digit => Ok(self.number(start)),
                _ => match self.rare(class, start)? {
                    Some(token) => Ok(token),
                    None => continue,
                },
            };
        }
    }

    #[inline]
    fn take(&mut self, kind: Kind, end: usize) -> Token {
        let start = self.pos;
        self.pos = end;
        Token { kind, start, end }
    }

    #[inline]
    fn word(&mut self, start: usize) -> Token {
        self.take(Kind::Id, word_end(self.src, start))
    }

    #[inline]
    fn number(&mut self, start: usize) -> Token {
        let (number, end) = Number::scan(self.src, start);
        self.number = number;
        self.take(Kind::Number, end)
    }

    #[cold]
    fn placeholder(&mut self, start: usize, (index, end): (u32, usize)) -> Token {
        debug_assert_eq!(start, self.pos);
        self.placeholder = index;
        self.take(Kind::Placeholder, end)
    }

    /// Everything but names, digits and single characters; `None` after a comment.
    fn rare(&mut self, class: Class, start: usize) -> Res<Option<Token>> {
        let second = self.src.get(start + 1).copied();
        Ok(Some(match (class, second) {
            (Class::Minus, Some(b'>')) => self.take(Kind::Arrow, start + 2),
            (Class::Minus, _) => self.take(Kind::Minus, start + 1),
            (Class::Equals, Some(b'=')) => self.take(Kind::Eq, start + 2),
            (Class::Slash, Some(b'/' | b'*')) => return self.comment(start).map(|()| None),
            (Class::Slash, _) => self.take(Kind::Slash, start + 1),
            (Class::Point, Some(b'0'..=b'9')) => self.number(start),
            (Class::Quote, _) => return self.string(start).map(Some),
            _ => return Err(self.illegal(start)),
        }))
    }

    fn comment(&mut self, start: usize) -> Res<()> {
        let body = &self.text[start + 2..];
        if self.src[start + 1] == b'/' {
            self.pos = body.find('\n').map_or(self.src.len(), |n| start + 2 + n);
            return Ok(());
        }
        let Some(length) = body.find("*/") else {
            let span = start..start + 2;
            return Err(Box::new(QasmError {
                kind: ErrorKind::UnterminatedComment,
                span,
            }));
        };
        self.pos = start + 2 + length + 2;
        Ok(())
    }

    /// Passes over a character that starts no token.
    pub(super) fn skip_character(&mut self) {
        let width = self.text[self.pos..]
            .chars()
            .next()
            .map_or(1, char::len_utf8);
        self.pos += width;
    }

    fn string(&mut self, start: usize) -> Res<Token> {
        let quote = self.src[start];
        let body = &self.src[start + 1..];
        match body.iter().position(|&b| b == quote || b == b'\n') {
            Some(n) if body[n] == quote => Ok(self.take(Kind::Str, start + n + 2)),
            _ => Err(self.illegal(start)),
        }
    }

    #[cold]
    fn illegal(&self, start: usize) -> Box<QasmError> {
        let rest = &self.text[start..];
        let text: String = rest
            .chars()
            .take_while(|c| !matches!(c, '\r' | '\n'))
            .take(20)
            .collect();
        let span = start..start + rest.chars().next().map_or(0, char::len_utf8);
        let kind = ErrorKind::IllegalCharacter { text: text.into() };
        Box::new(QasmError { kind, span })
    }

    /// The source.
    #[inline]
    pub(super) fn bytes(&self) -> &'s [u8] {
        self.src
    }

    /// Goes on at byte `pos`, where a token or white space begins.
    #[inline]
    pub(super) fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// The text of a token.
    #[inline]
    pub(super) fn text_of(&self, token: Token) -> &'s str {
        &self.text[token.start..token.end]
    }

    /// The token's bytes as one number, if there are at most eight.
    #[inline]
    pub(super) fn packed(&self, token: Token) -> u64 {
        words::pack(self.src, token.start, token.end)
    }

    /// The reserved word that the token is.
    pub(super) fn key(&self, token: Token) -> Option<Key> {
        match words::look_up(self.packed(token)) {
            Word::Key(key) if token.kind == Kind::Id => Some(key),
            _ => None,
        }
    }

    /// The token's name in messages.
    pub(super) fn name_of(&self, token: Token) -> &'static str {
        self.key(token).map_or(token.kind.name(), Key::token)
    }
}
