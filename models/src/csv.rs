//! Tables as text for a spreadsheet: RFC 4180, and nothing in them that a spreadsheet would run.

/// Writes rows; quotes and guards each field by itself.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// Starts with the heading.
    pub fn new(heading: &[&str]) -> Writer {
        let mut writer = Writer::default();
        writer.row(heading);
        writer
    }

    pub fn row<T: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = T>) {
        for (position, field) in fields.into_iter().enumerate() {
            if position > 0 {
                self.text.push(',');
            }
            self.field(field.as_ref());
        }
        self.text.push_str("\r\n");
    }

    fn field(&mut self, field: &str) {
        let guard = field.starts_with(begins_formula);
        let is_plain = !guard && !field.contains(['"', ',', '\r', '\n']) && field.trim() == field;
        if is_plain {
            self.text.push_str(field);
            return;
        }
        self.text.push('"');
        if guard {
            self.text.push('\'');
        }
        self.text.push_str(&field.replace('"', "\"\""));
        self.text.push('"');
    }

    pub fn finish(self) -> String {
        self.text
    }
}

/// What makes a spreadsheet take a field for a formula, also in full-width forms.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::Writer;

    fn row(fields: &[&str]) -> String {
        Writer::new(fields).finish()
    }

    #[test]
    fn numbers_with_inch_marks_and_commas_survive() {
        assert_eq!(
            row(&["8-32 PAN HEAD SCREWS 1/2\"", "a, b", "6.65E+11"]),
            "\"8-32 PAN HEAD SCREWS 1/2\"\"\",\"a, b\",6.65E+11\r\n"
        );
    }

    #[test]
    fn nothing_in_a_file_is_run_by_a_spreadsheet() {
        assert_eq!(
            row(&["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "＝1"]),
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@SUM(1)\",\"'\t=1\",\"'＝1\"\r\n"
        );
    }
}
