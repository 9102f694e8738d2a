package report

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// writeXLSX writes a workbook: the rows on one sheet, what they are on another. Texts are text cells, which no program
// evaluates; figures are numbers with a format.
func (r *Result) writeXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	const sheet = "Report"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	if err := r.writeSheet(f, sheet); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	if err := r.writeAbout(f); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return f.Write(w)
}

// numberFormats are Excel's: whole, share, money.
func numberFormat(m Metric) string {
	switch m {
	case FillRate, CTR, Viewability:
		return "0.00%"
	case Spend, ECPM, Frequency:
		return "#,##0.00"
	}
	return "#,##0"
}

func (r *Result) writeSheet(f *excelize.File, sheet string) error {
	s, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	metrics := r.metrics()
	styles := make([]int, len(metrics))
	for i, m := range metrics {
		format := numberFormat(m)
		if styles[i], err = f.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
	}
	columns := len(r.Query.By) + len(metrics)
	if err := s.SetColWidth(1, max(len(r.Query.By), 1), 24); err != nil {
		return err
	}
	if err := s.SetColWidth(len(r.Query.By)+1, columns, 14); err != nil {
		return err
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	row := make([]any, 0, columns)
	for _, name := range append(words(r.Query.By), words(metrics)...) {
		row = append(row, excelize.Cell{StyleID: bold, Value: name})
	}
	n := 1
	put := func() error {
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		n++
		return s.SetRow(at, row)
	}
	if err := put(); err != nil {
		return err
	}
	figures := func(sums Sums) {
		for i, m := range metrics {
			x := sums.Value(m)
			if m == Spend || m == ECPM {
				x /= 1e6
			}
			row = append(row, excelize.Cell{StyleID: styles[i], Value: x})
		}
	}
	for _, line := range r.Rows {
		row = row[:0]
		for _, k := range line.Keys {
			row = append(row, k)
		}
		figures(line.Sums)
		if err := put(); err != nil {
			return err
		}
	}
	if len(r.Query.By) > 0 {
		row = row[:0]
		for i := range r.Query.By {
			name := ""
			if i == 0 {
				name = "total"
			}
			row = append(row, excelize.Cell{StyleID: bold, Value: name})
		}
		figures(r.Totals)
		if err := put(); err != nil {
			return err
		}
	}
	return s.Flush()
}

// writeAbout says what the figures are of.
func (r *Result) writeAbout(f *excelize.File) error {
	const sheet = "About"
	if _, err := f.NewSheet(sheet); err != nil {
		return err
	}
	facts := [][2]string{
		{"From", r.Query.From.In(r.Query.Zone).Format(time.RFC3339)}, {"To, exclusive", r.Query.To.In(r.Query.Zone).Format(time.RFC3339)},
		{"Time zone", r.Query.Zone.String()},
	}
	for _, flt := range r.Query.Filters {
		facts = append(facts, [2]string{"Filter", flt.String()})
	}
	if !r.Through.IsZero() {
		facts = append(facts, [2]string{"Data until", r.Through.In(r.Query.Zone).Format(time.RFC3339)})
	}
	if r.Totals.Synthetic > 0 {
		facts = append(facts, [2]string{"Synthetic", fmt.Sprintf("%d events of these figures were made up by the demo", r.Totals.Synthetic)})
	}
	if r.MoreRows {
		facts = append(facts, [2]string{"More rows", fmt.Sprintf("only %d rows are here; the total is of all", len(r.Rows))})
	}
	for i, fact := range facts {
		for j, text := range fact {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(sheet, at, text); err != nil {
				return err
			}
		}
	}
	return f.SetColWidth(sheet, "A", "B", 28)
}
