package signal

import "fmt"

// The structure of a dashboard's body:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

type widget struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// gridWidth is how many columns a dashboard has.
const gridWidth = 24

// arrange puts widgets beside each other until a row is full.
func arrange(widgets []widget) []widget {
	x, y, height := 0, 0, 0
	for i := range widgets {
		w := &widgets[i]
		if x+w.Width > gridWidth {
			x, y, height = 0, y+height, 0
		}
		w.X, w.Y = x, y
		x, height = x+w.Width, max(height, w.Height)
	}
	return widgets
}

func text(width, height int, markdown string) widget {
	return widget{Type: "text", Width: width, Height: height, Properties: map[string]any{"markdown": markdown}}
}

// A line is one series in a graph.
type line struct {
	series  Series
	stat    string
	label   string
	divisor int // 0: as it is
}

// A graph is a widget of lines over time.
type graph struct {
	title  string
	unit   string // on the axis
	width  int
	period int // seconds
	lines  []line
	limit  float64 // a line across, 0 for none
	says   string  // what the limit is
}

func (g graph) widget(region string) widget {
	var metrics []any
	for i, l := range g.lines {
		metric := []any{l.series.Namespace, l.series.Metric}
		if l.series.Dimension != "" {
			metric = append(metric, l.series.Dimension, l.series.Value)
		}
		options := map[string]any{"stat": l.stat, "label": l.label}
		if l.divisor != 0 {
			id := fmt.Sprintf("m%d", i)
			options["id"], options["visible"] = id, false
			metrics = append(metrics, []any{map[string]any{"expression": fmt.Sprintf("%s/%d", id, l.divisor), "label": l.label, "id": "e" + id}})
		}
		metrics = append(metrics, append(metric, options))
	}
	properties := map[string]any{
		"title": g.title, "region": region, "view": "timeSeries", "stacked": false, "period": g.period, "metrics": metrics,
		"yAxis": map[string]any{"left": map[string]any{"min": 0, "label": g.unit, "showUnits": false}},
	}
	if g.limit != 0 {
		properties["annotations"] = map[string]any{"horizontal": []any{map[string]any{"label": g.says, "value": g.limit}}}
	}
	return widget{Type: "metric", Width: g.width, Height: graphHeight, Properties: properties}
}

const graphHeight = 6
