listen {
  port    = 4040
  address = "0.0.0.0"
}

namespace "terminusdb_proxy" {
  format = "\"$request\" $status $body_bytes_sent $request_time $upstream_response_time"

  source {
    syslog {
      listen_address = "udp://0.0.0.0:5531"
      format         = "rfc3164"
      tags           = ["nginx"]
    }
  }

  histogram_buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
}
