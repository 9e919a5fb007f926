//! Tables as files for a spreadsheet.

use poem::{
    Response,
    http::{StatusCode, header},
};

/// Rows on their way to the browser.
#[derive(Debug, Default)]
pub struct Writer(models::csv::Writer);

impl Writer {
    /// Starts with the heading.
    pub fn new(heading: &[&str]) -> Writer {
        Writer(models::csv::Writer::new(heading))
    }

    pub fn row<T: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = T>) {
        self.0.row(fields);
    }

    pub fn finish(self) -> String {
        self.0.finish()
    }

    /// The answer that makes a browser save the file. The name keeps only letters, figures, dots, dashes and
    /// underscores, whatever a part number holds.
    pub fn attachment(self, name: &str) -> Response {
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
            .collect();
        Response::builder()
            .status(StatusCode::OK)
            .header(header::CONTENT_TYPE, "text/csv; charset=utf-8")
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
            .header(header::CACHE_CONTROL, "no-store")
            .body(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn a_file_name_holds_no_sign_that_means_something() {
        let answer = Writer::new(&["number"]).attachment("BOM 1/4\" \r\nX.csv");
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"BOM_1_4____X.csv\""));
    }
}
