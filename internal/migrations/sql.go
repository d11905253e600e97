package migrations

import (
	"slices"
	"strings"
	"sync"
)

// reading is a SQL text that is turned into steps.
type reading struct {
	tokens
	line   int
	text   string // of the statement
	ops    []Op
	doubts []Doubt
}

// readSQL says what the statements of a text do; line is where the text is.
func readSQL(sql string, line int) ([]Op, []Doubt) {
	r := &reading{line: line}
	for _, list := range statements(lex(sql)) {
		r.list, r.at = list, 0
		r.text = strings.TrimSpace(sql[list[0].from:list[len(list)-1].to])
		r.statement()
	}
	return r.ops, r.doubts
}

func (r *reading) doubt(why string) {
	r.doubts = append(r.doubts, Doubt{Line: r.line, Why: why})
}

func (r *reading) add(o Op) {
	o.Line = r.line
	if !strings.Contains(r.text, hole) {
		o.SQL = r.text
	}
	r.ops = append(r.ops, o)
}

// statement reads one statement. All that begins otherwise is not known.
func (r *reading) statement() {
	t := r.next()
	switch {
	case t.hole:
		r.doubt("a statement is known only when it runs")
	case t.is("create"):
		r.create()
	case t.is("alter"):
		r.alter()
	case t.is("drop"):
		r.drop()
	case t.is("update"):
		r.take("only")
		r.write(Update)
	case t.is("delete"):
		r.take("from")
		r.take("only")
		r.write(Delete)
	case t.is("insert"):
		r.insert()
	case t.is("merge"):
		r.take("into")
		r.write(Update)
	case t.is("truncate"):
		r.take("table")
		r.take("only")
		for {
			name, _ := r.name()
			r.add(Op{Kind: kindRewrite, Effect: Truncate, Table: name})
			if r.next().text != "," {
				return
			}
		}
	case t.is("with"), t.is("select"), t.is("values"), t.is("table"), t.text == "(":
		r.query()
	case t.is("comment", "grant", "revoke", "security", "reassign"):
		r.add(Op{Kind: kindAlter, Effect: settings})
	case t.is("analyze", "analyse", "vacuum"):
		r.maintain(t)
	case t.is("reindex"):
		r.reindex()
	case t.is("refresh"):
		r.take("materialized")
		r.take("view")
		r.take("concurrently")
		r.write(Update)
	case t.is("cluster"):
		r.write(Update)
	case t.is("set", "reset", "show", "begin", "start", "commit", "end", "rollback", "savepoint", "release", "lock", "discard"):
	case t.is("explain"):
		if r.peek().text == "(" || r.peek().is("analyze") {
			r.doubt("EXPLAIN may run what it explains")
		}
	case t.is("do"):
		r.doubt("a DO block is not followed")
	default:
		r.doubt("a statement that begins with " + shown(t.text) + " is not known")
	}
}

func shown(text string) string {
	return strings.ToUpper(strings.ReplaceAll(text[:min(len(text), 20)], hole, "…"))
}

// write is a statement that writes the rows of the table that comes next.
func (r *reading) write(effect Effect) {
	name, ok := r.name()
	if !ok {
		r.doubt("whose rows a statement writes is known only when it runs")
	}
	r.add(Op{Kind: kindRewrite, Effect: effect, Table: name})
	r.functions()
}

func (r *reading) insert() {
	if !r.take("into") {
		r.doubt("an INSERT is not known")
		return
	}
	r.inserted()
	r.functions()
}

// inserted is what follows INSERT INTO: one that writes over rows rewrites them.
func (r *reading) inserted() {
	name, _ := r.name()
	o := Op{Kind: kindAdd, Effect: insert, Table: name}
	words := r.words()
	if at := slices.Index(words, "conflict"); at >= 0 && slices.Contains(words[at:], "update") {
		o.Kind, o.Effect = kindRewrite, Update
	}
	r.add(o)
}

// words are all that are left of the statement.
func (r *reading) words() []string {
	var out []string
	for _, t := range r.list[min(r.at, len(r.list)):] {
		out = append(out, t.word)
	}
	return out
}

// query is a SELECT, or WITH, which may hold statements that write.
func (r *reading) query() {
	into := -1
	writes := false
	for i := 0; i < len(r.list); i++ {
		t, next := r.list[i], token{}
		if i+1 < len(r.list) {
			next = r.list[i+1]
		}
		begins := i > 0 && (r.list[i-1].text == "(" || r.list[i-1].text == ")") || i == 0
		switch {
		case t.is("update") && begins && next.identifies():
			r.at, writes = i+1, true
			r.take("only")
			name, _ := r.name()
			r.add(Op{Kind: kindRewrite, Effect: Update, Table: name})
		case t.is("insert") && begins && next.is("into"):
			r.at, writes = i+2, true
			r.inserted()
		case t.is("delete") && begins && next.is("from"), t.is("merge") && begins && next.is("into"):
			r.at, writes = i+2, true
			name, _ := r.name()
			o := Op{Kind: kindRewrite, Effect: Delete, Table: name}
			if t.is("merge") {
				o.Effect = Update
			}
			r.add(o)
		case t.is("into") && into < 0 && !writes:
			into = i
		case t.hole && !(i > 0 && r.named(i)):
			r.doubt("a part of a query is known only when it runs")
			return
		}
	}
	if into >= 0 && !writes {
		r.at = into + 1
		temp := r.take("temp") || r.take("temporary")
		r.take("unlogged")
		r.take("table")
		name, ok := r.name()
		if !ok {
			r.doubt("where a SELECT writes to is known only when it runs")
		} else if !temp {
			r.add(Op{Kind: kindAdd, Effect: CreateTable, Table: name})
			r.add(Op{Kind: kindAdd, Effect: insert, Table: name})
		}
	}
	r.at = 0
	r.functions()
}

// named reports whether a token stands where a name or a value does, and no more:
// a text that is put there cannot be another statement by any sane reading.
func (r *reading) named(i int) bool {
	t, before := r.list[i], r.list[i-1]
	if strings.HasPrefix(t.text, `"`) || strings.HasPrefix(t.text, "'") {
		return true
	}
	return before.is("from", "join", "into", "update", "table", "on", "as", "by", "limit", "offset", "exists", "column", "index", "only", "to", "and", "or", "where",
		"set", "view", "constraint", "key", "default", "view", "interval", "in", "not", "like", "schema", "sequence", "type", "function", "references", "concurrently") ||
		strings.ContainsAny(before.text, "=<>(,.+-*/|[") || before.text == "::"
}

// functions names calls of functions that are not known to only read.
func (r *reading) functions() {
	if why := callsUnknown(r.list[min(r.at, len(r.list)):]); why != "" {
		r.doubt(why)
	}
}

// pure are the functions of PostgreSQL that migrations use and that write nothing,
// and the words that may stand before a parenthesis.
var pure = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, n := range strings.Fields(`count max min sum avg coalesce nullif lower upper length now row_number rank dense_rank current_schema to_regclass
		exists string_agg array_agg json_agg jsonb_agg json_build_object jsonb_build_object json_object_agg jsonb_set to_json to_jsonb to_char to_date to_timestamp
		to_number to_tsvector setweight sha256 sha512 md5 encode decode convert_to convert_from replace regexp_replace regexp_matches split_part substring substr
		left right trim btrim ltrim rtrim concat concat_ws format position strpos extract date_trunc date_part age greatest least round floor ceil ceiling abs
		unnest generate_series array_length cardinality array_to_string string_to_array array_append array_remove cast row values gen_random_uuid
		uuid_generate_v4 random hashtext char_length octet_length jsonb_array_elements jsonb_array_elements_text json_array_elements json_array_elements_text
		jsonb_each jsonb_each_text json_each json_each_text jsonb_typeof json_typeof jsonb_array_length json_array_length jsonb_extract_path jsonb_extract_path_text
		json_extract_path_text jsonb_strip_nulls current_database current_setting version pg_get_serial_sequence pg_relation_size pg_total_relation_size
		pg_get_constraintdef pg_get_indexdef quote_ident quote_literal currval first_value last_value lag lead ntile bool_and bool_or every any all some in over
		filter within as using lateral and or not on when then else from where select by interval varchar char character numeric decimal timestamp timestamptz time bit
		float int integer text array set obj_description col_description has_table_privilege mod power sqrt repeat reverse initcap translate overlay lpad rpad
		clock_timestamp statement_timestamp transaction_timestamp localtimestamp current_timestamp make_interval make_date make_timestamp isfinite jsonb_path_query
		pg_typeof jsonb_object_keys json_object_keys xmlagg materialized key into update distinct if is between like ilike limit offset union except intersect having
		values with recursive returning conflict do nothing join inner left full cross`) {
		all[n] = true
	}
	return all
})

// callsUnknown names a function that is called and may write, "" for none. A name
// before a list of columns looks like one: INSERT INTO t (a), WITH x (a) AS.
func callsUnknown(list []token) string {
	for i := 0; i+1 < len(list); i++ {
		t := list[i]
		if list[i+1].text != "(" || t.word == "" || pure()[t.word] {
			continue
		}
		if i > 0 && (list[i-1].is("into", "table", "as", "with", "recursive", "on", "references", "join") || list[i-1].text == "," && cteName(list, i)) {
			continue
		}
		if t.is("setval", "nextval") {
			continue // a sequence moves on; nothing that is there changes
		}
		return "the function " + shown(t.text) + " is called, and what it does is not known"
	}
	return ""
}

// cteName reports whether a name at i is that of WITH …, name (columns) AS (.
func cteName(list []token, i int) bool {
	s := &tokens{list: list, at: i + 1}
	s.parens()
	return s.peek().is("as")
}

// maintain is ANALYZE and VACUUM. Only VACUUM FULL writes a table anew.
func (r *reading) maintain(t token) {
	full := false
	if r.peek().text == "(" {
		at := r.at
		r.parens()
		for _, o := range r.list[at:min(r.at, len(r.list))] {
			full = full || o.is("full")
		}
	}
	for r.peek().is("full", "freeze", "verbose", "analyze", "analyse") {
		full = full || r.peek().is("full")
		r.next()
	}
	name, _ := r.name()
	if full && t.is("vacuum") {
		r.add(Op{Kind: kindRewrite, Effect: Update, Table: name})
		return
	}
	r.add(Op{Effect: Analyze, Table: name})
}

func (r *reading) reindex() {
	o := Op{Kind: Index, Effect: Build}
	words := r.words()
	if slices.Contains(words, "concurrently") {
		o = Op{Kind: IndexConcurrently, Effect: BuildLater}
	}
	r.parens()
	onTable := r.take("table")
	_ = onTable || r.take("index") || r.take("schema") || r.take("database")
	r.take("concurrently")
	name, _ := r.name()
	if onTable {
		o.Table = name
	} else {
		o.Name = name
	}
	r.add(o)
}
