//! Quantities and amounts as people read them: grouped, exact, never rounded away.

use rust_decimal::Decimal;

/// "1,250.5": as it was entered, without trailing zeros.
pub fn quantity(number: Decimal) -> String {
    grouped(&number.normalize().to_string())
}

/// "8,412.50": two decimals, or as many as the exact amount has.
pub fn money(amount: Decimal) -> String {
    let mut exact = amount.normalize();
    if exact.scale() < 2 {
        exact.rescale(2);
    }
    grouped(&exact.to_string())
}

fn grouped(plain: &str) -> String {
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain), |rest| ("−", rest));
    let (whole, decimals) = plain.split_once('.').map_or((plain, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut out = String::from(sign);
    for (position, figure) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(figure);
    }
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{money, quantity};
    use rust_decimal::Decimal;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn quantities_are_grouped_and_keep_their_decimals() {
        assert_eq!(quantity(number("1250.500")), "1,250.5");
        assert_eq!(quantity(number("1000000")), "1,000,000");
        assert_eq!(quantity(number("0.25")), "0.25");
        assert_eq!(quantity(number("12")), "12");
    }

    #[test]
    fn amounts_have_two_decimals_or_all_they_need() {
        assert_eq!(money(number("8412.5")), "8,412.50");
        assert_eq!(money(number("0.0425")), "0.0425");
        assert_eq!(money(number("-3")), "−3.00");
    }
}
