//! What a provider answered to the writes of one operation, for people: bounded, however many writes there are.

use std::ops::Deref;

use crate::error::ProviderAnswer;

/// Bytes of all bodies that are kept: each stands in the answer of the operation, and a report must not be lost for them.
const MOST_HELD: usize = 2 << 20;

/// The answers, in the order in which they came.
#[derive(Debug, Default)]
pub struct RevokeAnswers {
    answers: Vec<ProviderAnswer>,
    held: usize,
}

impl RevokeAnswers {
    /// Keeps an answer. Once there are too many, only its status is kept, and that the body is left out.
    pub fn push(&mut self, answer: ProviderAnswer) {
        let held = self.held.saturating_add(answer.body.len());
        if held <= MOST_HELD {
            self.held = held;
            self.answers.push(answer);
            return;
        }
        self.answers.push(ProviderAnswer {
            body: format!(r#"{{"status":{},"truncated":true}}"#, answer.status),
            ..answer
        });
    }
}

impl Deref for RevokeAnswers {
    type Target = [ProviderAnswer];

    fn deref(&self) -> &[ProviderAnswer] {
        &self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ANSWER_LIMIT;

    #[test]
    fn the_bodies_of_all_answers_together_are_bounded_and_no_answer_is_lost() {
        let mut answers = RevokeAnswers::default();
        let answer = |length: usize| ProviderAnswer {
            status: 403,
            body: "x".repeat(length),
            trace_id: Some(String::from("trace")),
            missing_scopes: Vec::new(),
            is_refusal: true,
        };
        for _ in 0..3_000 {
            answers.push(answer(ANSWER_LIMIT));
        }
        let whole = answers.iter().filter(|kept| kept.body.len() == ANSWER_LIMIT).count();
        assert_eq!((answers.len(), whole), (3_000, 32));
        let last = answers.last().unwrap();
        assert_eq!(last.body, r#"{"status":403,"truncated":true}"#);
        assert!(last.is_refusal && last.trace_id.is_some());
        let kept: usize = answers.iter().map(|kept| kept.body.len()).sum();
        assert!(kept < MOST_HELD + 3_000 * 40);
    }
}
