//! Rust source with comments and the content of literals blanked out, so that a rule that looks for a word finds
//! it only where the compiler would. Lines stay where they are.

/// Blanks out comments, strings and characters.
pub fn scrub(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut scrubbed = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_or_comment(&chars, at).unwrap_or(at);
        if end > at {
            scrubbed.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            scrubbed.push(chars[at]);
            at += 1;
        }
    }
    scrubbed
}

/// Where the comment or literal that begins at `at` ends, if one begins there.
fn literal_or_comment(chars: &[char], at: usize) -> Option<usize> {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => Some(rest.iter().position(|c| *c == '\n').map_or(chars.len(), |end| at + end)),
        ['/', '*', ..] => Some(block_comment_end(chars, at)),
        ['"', ..] => Some(quoted_end(chars, at + 1, '"')),
        ['r', '"' | '#', ..] if !continues_a_word(chars, at) => raw_string_end(chars, at + 1),
        ['b', 'r', '"' | '#', ..] if !continues_a_word(chars, at) => raw_string_end(chars, at + 2),
        ['\'', '\\', ..] => Some(quoted_end(chars, at + 1, '\'')),
        // Else a lifetime.
        ['\'', _, '\'', ..] => Some(at + 3),
        _ => None,
    }
}

fn continues_a_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    chars.len()
}

fn quoted_end(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `at` is after the `r`. None, when it turns out to be a raw identifier.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut end = at + hashes + 1;
    while end < chars.len() {
        if chars[end] == '"' && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return Some(end + 1 + hashes);
        }
        end += 1;
    }
    Some(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_literals_and_comments_vanish_and_code_and_lines_stay() {
        let source = "a // word\nb /* word /* word */ word */ c\n\"word \\\" word\" d r#\"word \" word\"# e 'w' '\\'' f<'word> br\"word\" r#type g";
        let scrubbed = scrub(source);
        let words: Vec<&str> = scrubbed.split_whitespace().collect();
        assert_eq!(words, ["a", "b", "c", "d", "e", "f<'word>", "r#type", "g"]);
        assert_eq!(scrubbed.lines().count(), source.lines().count());
    }

    #[test]
    fn what_never_ends_is_no_reason_to_fail() {
        for source in ["\"word", "/* word", "r##\"word\"#", "'\\", "\"\\"] {
            assert!(!scrub(source).contains("word"), "{source}");
        }
    }
}
