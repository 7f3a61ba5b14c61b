-- As few modules as sign somebody in, route, and keep presence; and the collector that suits it best.
run_as_root = true
pidfile = "FOLDER/prosody.pid"
data_path = "FOLDER/data"
gc = { mode = "generational" }
network_settings = { tcp_nodelay = true }
modules_enabled = { "roster", "saslauth", "tls", "smacks" }
modules_disabled = { "s2s" }
c2s_ports = { PORT }
c2s_interfaces = { "127.0.0.1" }
c2s_require_encryption = false
authentication = "internal_hashed"
log = { warn = "FOLDER/log" }
VirtualHost "DOMAIN"
ssl = { certificate = "FOLDER/certificate.pem", key = "FOLDER/key.pem" }
