package e2e

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"slipway.dev/services/slipway/output"
)

// Screen is what a terminal shows of what is written to it. It obeys the codes that
// programs use which draw in place; one that it does not know is kept in Unknown.
type Screen struct {
	Wraps   int      // lines that went on below because they were too wide
	Clears  int      // times the whole screen was cleared
	Scrolls int      // lines that left at the top
	Unknown []string // codes it does not know

	columns, rows int
	cells         [][]rune // 0: the right half of a wide character
	x, y          int
	full          bool // the last column was written; the next character wraps
	last          rune
	partial       []byte
}

// NewScreen is empty.
func NewScreen(columns, rows int) *Screen {
	s := &Screen{}
	s.resize(columns, rows)
	return s
}

// resize keeps what fits, as a terminal does that folds nothing anew.
func (s *Screen) resize(columns, rows int) {
	old := s.cells
	s.columns, s.rows, s.cells = columns, rows, nil
	for range rows {
		s.cells = append(s.cells, s.blank())
	}
	first := max(s.y-rows+1, 0)
	for i := first; i < len(old) && i-first < rows; i++ {
		copy(s.cells[i-first], old[i])
	}
	s.x, s.y, s.full = min(s.x, columns-1), s.y-first, false
}

func (s *Screen) blank() []rune { return []rune(strings.Repeat(" ", s.columns)) }

// Text is the screen, its lines without the blanks behind them and below.
func (s *Screen) Text() string {
	var lines []string
	for _, row := range s.cells {
		lines = append(lines, strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Write takes what a program writes.
func (s *Screen) Write(b []byte) (int, error) {
	in := append(s.partial, b...)
	for len(in) > 0 {
		n := s.take(in)
		if n == 0 {
			break
		}
		in = in[n:]
	}
	s.partial = append([]byte(nil), in...)
	return len(b), nil
}

// take obeys the first code or character and tells its length; 0: it is not whole yet.
func (s *Screen) take(in []byte) int {
	switch {
	case in[0] == '\x1b':
		return s.escape(in)
	case !utf8.FullRune(in):
		return 0
	}
	r, n := utf8.DecodeRune(in)
	switch r {
	case '\r':
		s.x, s.full = 0, false
	case '\n':
		s.down()
	case '\b':
		s.x, s.full = max(s.x-1, 0), false
	case '\a':
	default:
		s.put(r)
	}
	return n
}

func (s *Screen) put(r rune) {
	w := output.Width(string(r))
	if w == 0 {
		return
	}
	if s.full || s.x+w > s.columns {
		s.Wraps++
		s.x, s.full = 0, false
		s.down()
	}
	s.cells[s.y][s.x] = r
	if w == 2 {
		s.cells[s.y][s.x+1] = 0
	}
	s.last, s.x = r, s.x+w
	if s.x >= s.columns {
		s.x, s.full = s.columns-1, true
	}
}

// down is a line feed.
func (s *Screen) down() {
	s.full = false
	if s.y++; s.y < s.rows {
		return
	}
	s.y, s.Scrolls = s.rows-1, s.Scrolls+1
	s.cells = append(s.cells[1:], s.blank())
}

// escape obeys a code: ESC [ numbers letter. Others are unknown.
func (s *Screen) escape(in []byte) int {
	if len(in) < 2 {
		return 0
	}
	if in[1] != '[' {
		s.Unknown = append(s.Unknown, strconv.Quote(string(in[:2])))
		return 2
	}
	end := 2
	for end < len(in) && (in[end] < 0x40 || in[end] > 0x7e) {
		end++
	}
	if end == len(in) {
		return 0
	}
	s.obey(string(in[2:end]), in[end])
	return end + 1
}

func (s *Screen) obey(numbers string, letter byte) {
	first, second, _ := strings.Cut(numbers, ";")
	n, m := number(first), number(second)
	switch letter {
	case 'm', 'h', 'l': // colours and modes change no character
		return
	case 'A':
		s.y = max(s.y-n, 0)
	case 'B':
		s.y = min(s.y+n, s.rows-1)
	case 'C':
		s.x = min(s.x+n, s.columns-1)
	case 'D':
		s.x = max(s.x-n, 0)
	case 'G', '`':
		s.x = min(n, s.columns) - 1
	case 'd':
		s.y = min(n, s.rows) - 1
	case 'H', 'f':
		s.y, s.x = min(n, s.rows)-1, min(m, s.columns)-1
	case 'b':
		for range n {
			s.put(s.last)
		}
		return
	default:
		s.erase(first, n, letter)
	}
	s.full = false
}

// erase obeys what takes characters or lines away, or makes room for some.
func (s *Screen) erase(first string, n int, letter byte) {
	row := s.cells[s.y]
	switch letter {
	case 'J':
		if first == "2" || first == "3" {
			s.Clears++
		}
		s.wipe(first)
	case 'K':
		from, to := s.x, s.columns
		if first == "1" || first == "2" {
			from = 0
		}
		if first == "1" {
			to = s.x + 1
		}
		copy(row[from:to], s.blank())
	case 'X':
		copy(row[s.x:min(s.x+n, s.columns)], s.blank())
	case 'P':
		copy(row[s.x:], append(append([]rune(nil), row[min(s.x+n, s.columns):]...), s.blank()...))
	case '@':
		copy(row[s.x:], append(s.blank()[:min(n, s.columns)], row[s.x:]...))
	case 'L', 'M':
		s.move(n, letter == 'L')
	default:
		s.Unknown = append(s.Unknown, strconv.Quote("\x1b["+first+string(letter)))
	}
}

// wipe clears from the cursor to the end, or all.
func (s *Screen) wipe(how string) {
	from := s.y + 1
	if how == "2" || how == "3" {
		from = 0
	} else {
		copy(s.cells[s.y][s.x:], s.blank())
	}
	for i := from; i < s.rows; i++ {
		s.cells[i] = s.blank()
	}
}

// move makes n lines at the cursor, or takes them away; the last ones give way.
func (s *Screen) move(n int, in bool) {
	for range min(n, s.rows-s.y) {
		if in {
			copy(s.cells[s.y+1:], s.cells[s.y:s.rows-1])
			s.cells[s.y] = s.blank()
			continue
		}
		copy(s.cells[s.y:], s.cells[s.y+1:])
		s.cells[s.rows-1] = s.blank()
	}
}

// number of a code; absent is 1.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return 1
	}
	return n
}
