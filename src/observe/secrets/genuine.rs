//! Whether a text that has the form of a secret may be one: no placeholder, no example of a manual.

/// Words that no random text has.
const WORDS: [&str; 25] = [
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "redacted",
    "your_",
    "your-",
    "yourapi",
    "yourkey",
    "yoursecret",
    "yourtoken",
    "yourpass",
    "dummy",
    "sample",
    "xxxx",
    "****",
    "fake_",
    "fake-",
    "not_real",
    "not-a-",
    "notasecret",
    "notreal",
    "insert",
];

/// Texts of manuals: Stripe's documented test key, GitHub's announcement of its format, Telegram's manual.
const DOCUMENTED: [&str; 4] = [
    "4eC39HqLyjWDarjtT1zdp7dc",
    "BQokikJOvBiI2HlWgH4olfQ2",
    "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
    "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
];

/// What varies in a token: digits and letters, many of them, and in no order.
pub fn is_random(text: &[u8]) -> bool {
    let digit = text.iter().any(u8::is_ascii_digit);
    let letter = text.iter().any(u8::is_ascii_alphabetic);
    digit && letter && distinct(text) >= 8 && !is_placeholder(text) && !is_regular(text)
}

/// A text that says of itself that it is none, or that everybody knows.
pub fn is_placeholder(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let lower = text.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || DOCUMENTED.iter().any(|known| text.contains(known))
}

/// How many different bytes there are.
pub fn distinct(text: &[u8]) -> usize {
    let mut met = [false; 256];
    text.iter().for_each(|b| met[usize::from(*b)] = true);
    met.iter().filter(|met| **met).count()
}

/// Six of the same, or six that follow one another, as in `000000` and `abcdef`.
fn is_regular(text: &[u8]) -> bool {
    let steps =
        |step: u8| text.windows(6).any(|six| six.windows(2).all(|two| two[1] == two[0].wrapping_add(step)));
    steps(0) || steps(1)
}
