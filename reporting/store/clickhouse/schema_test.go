package clickhouse

import (
	"strings"
	"testing"
)

// On a cluster every table is made on every server and replicated, the events are sharded, and a token is remembered by the shard.
func TestClusterSchema(t *testing.T) {
	one, many := layout{database: "placard"}, layout{database: "placard", cluster: "news"}
	for _, stmt := range append(one.foundation(), one.migrations()[0]...) {
		if strings.Contains(stmt, "CLUSTER") || strings.Contains(stmt, "Replicated") || strings.Contains(stmt, "Distributed") {
			t.Errorf("on one server: %s", stmt)
		}
	}
	all := append(many.foundation(), many.migrations()[0]...)
	for _, stmt := range all {
		if !strings.Contains(stmt, " ON CLUSTER 'news'") {
			t.Errorf("on one server only: %s", stmt)
		}
		if strings.Contains(stmt, "CREATE TABLE") && !strings.Contains(stmt, "ENGINE = Replicated") && !strings.Contains(stmt, "ENGINE = Distributed") {
			t.Errorf("not replicated: %s", stmt)
		}
	}
	text := strings.Join(all, ";\n")
	for _, want := range []string{
		"CREATE TABLE IF NOT EXISTS placard.events_local ON CLUSTER 'news' (",
		"ReplicatedMergeTree('/clickhouse/placard/{shard}/events', '{replica}')\nPARTITION BY intDiv(time, 604800000000)",
		"replicated_deduplication_window = 10000",
		"ReplicatedReplacingMergeTree('/clickhouse/placard/batches', '{shard}-{replica}', touch)",
		"ReplicatedMergeTree('/clickhouse/placard/rollup', '{shard}-{replica}')",
		"CREATE TABLE IF NOT EXISTS placard.events ON CLUSTER 'news' AS placard.events_local ENGINE = Distributed('news', 'placard', 'events_local', cityHash64(request))",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing: %s\nin:\n%s", want, text)
		}
	}
}

func TestNamesThatCannotBe(t *testing.T) {
	for _, o := range []Options{
		{}, {Addresses: []string{"a:1"}, Database: "x; DROP"}, {Addresses: []string{"a:1"}, Cluster: "x' --"},
	} {
		if s, err := Open(o); err == nil {
			s.Close()
			t.Errorf("%+v was taken", o)
		}
	}
}
