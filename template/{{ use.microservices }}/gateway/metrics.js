// Requests and their duration by method, route template and status, in the text format of Prometheus.

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

// Count an answer and hide what gives it, when its headers are sent. A full zone loses numbers, never an answer.
function observe(r) {
    // Without a value of its own, nginx would say its name here.
    r.headersOut["Server"] = "gateway";
    try {
        const seconds = Number(r.variables.request_time);
        const method = METHODS.includes(r.method) ? r.method : "other";
        const route = r.variables.service ? r.variables.route : "unmatched";
        const series = `method="${method}",route="${route}",status="${r.status}"`;
        const bound = BOUNDS.find((limit) => seconds <= limit);
        const counts = ngx.shared["request-metrics"];
        counts.incr(`${series} count`, 1, 0);
        counts.incr(`${series} sum`, seconds, 0);
        if (bound !== undefined) {
            counts.incr(`${series} ${bound}`, 1, 0);
        }
    } catch (error) {
        r.warn(`not counted: ${error.message}`);
    }
}

// Show what was counted since this process started.
function show(r) {
    const counts = {};
    ngx.shared["request-metrics"].items().forEach((entry) => {
        counts[entry[0]] = entry[1];
    });
    const all = Object.keys(counts)
        .filter((key) => key.endsWith(" count"))
        .map((key) => key.slice(0, -" count".length))
        .sort();
    const lines = ["# HELP http_requests_total Requests served.", "# TYPE http_requests_total counter"];
    all.forEach((series) => lines.push(`http_requests_total{${series}} ${counts[`${series} count`]}`));
    lines.push(
        "# HELP http_request_duration_seconds Time until the answer began.",
        "# TYPE http_request_duration_seconds histogram",
    );
    all.forEach((series) => {
        let below = 0;
        BOUNDS.forEach((bound) => {
            below += counts[`${series} ${bound}`] || 0;
            lines.push(`http_request_duration_seconds_bucket{${series},le="${bound}"} ${below}`);
        });
        const count = counts[`${series} count`];
        lines.push(`http_request_duration_seconds_bucket{${series},le="+Inf"} ${count}`);
        lines.push(`http_request_duration_seconds_sum{${series}} ${counts[`${series} sum`]}`);
        lines.push(`http_request_duration_seconds_count{${series}} ${count}`);
    });
    r.headersOut["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8";
    r.return(200, `${lines.join("\n")}\n`);
}

export default { observe, show };
