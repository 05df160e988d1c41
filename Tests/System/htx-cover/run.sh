#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes over HTX with all of the cover behaviour: padding and keep-alives over HTTP/2 and HTTP/3, next to a node that
# has none of it. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
source Tests/System/htx-quic/configure.bash
memory_limit=65536
padded="keepalive_minimum: 100ms, keepalive_maximum: 400ms, padding_delay_minimum: 20ms, padding_delay_maximum: 60ms, \
idle_padding: 3KiB, record_padding: 1KiB"
more() { (($(figure "$1" "$2") > $3)); } # name figure than

# Of each pair the second has no cover: it takes the padding of the other.
for scheme in htx htx+tcp; do
  port=$(free_port) a=a-${scheme#htx+} b=b-${scheme#htx+}
  configure_htx "$b" "listen: [\"$scheme://127.0.0.1:$port\"]"
  configure_htx "$a" "$padded, fallback_minimum: 20s, fallback_maximum: 20s"
  start "$b"
  start "$a"
  ctl "$b" peers add "$(ctl "$a" id --invite)" --alias a >/dev/null
  ctl "$a" peers add "$(ctl "$b" id --invite --address "$(address_of "$b" "$scheme://127.0.0.1:$port")")" --alias b >/dev/null
  until_true 15 ctl "$a" ping b --count 1
  before=$(figure "$a" padding_out_total)
  until_true 10 more "$a" padding_out_total $((before + 2000))
  head -c 3000000 /dev/urandom >"$work/file"
  ctl "$a" cp "$work/file" b: >/dev/null 2>&1
  ctl "$b" cp "$work/file" a: >/dev/null 2>&1
  for name in "$a" "$b"; do
    until_true 10 test -e "$work/$name/received/file"
    [[ $(hash_of "$work/file") == $(hash_of "$work/$name/received/file") ]] || fail "the file has changed at $name"
  done
  (($(figure "$b" padding_in_total) > before && $(figure "$b" padding_out_total) == 0)) || fail "$b got no padding"
  (($(figure "$b" violations_total) == 0 && $(figure "$b" tickets_admitted_total) == 1)) || fail "the link did not last"
  well "$a" b "padding and keep-alives over $scheme"
done

# Whoever does not say that it takes padding, as an older version, gets none.
port=$(free_port)
configure_htx old "listen: [\"htx://127.0.0.1:$port\"], accept_padding: false"
configure_htx new "$padded"
start old
start new
ctl old peers add "$(ctl new id --invite)" --alias new >/dev/null
ctl new peers add "$(ctl old id --invite --address "$(address_of old "htx://127.0.0.1:$port")")" --alias old >/dev/null
until_true 15 ctl new ping old --count 3 --interval 200ms
sleep 1
(($(figure old padding_in_total) == 0 && $(figure new padding_out_total) == 0)) || fail "padding for somebody who takes none"
well new old "no padding for a peer that takes none"

# A third site is read beside the dials, and the dialled site too.
port=$(free_port) origin_port=$(free_port)
mkdir -p "$work/www"
echo '<link href="/style.css"><img src="/image.png">' >"$work/www/index.html"
echo '* {}' >"$work/www/style.css"
head -c 50000 /dev/urandom >"$work/www/image.png"
configure_htx o "listen: [\"htx+tcp://127.0.0.1:$origin_port\"], site: $work/www"
start o
origin=$(address_of o "htx+tcp://127.0.0.1:$origin_port")
origin="https://127.0.0.1:$origin_port/#pin=${origin#*&pin=}"
configure_htx d "listen: [\"htx+tcp://127.0.0.1:$port\"]"
configure_htx v "cover_origins: [\"$origin\"], cover_site: true, cover_delay: 200ms, cover_minimum: 500ms, cover_maximum: 1s"
start d
start v
ctl d peers add "$(ctl v id --invite)" --alias v >/dev/null
ctl v peers add "$(ctl d id --invite --address "$(address_of d "htx+tcp://127.0.0.1:$port")")" --alias d >/dev/null
until_true 15 ctl v ping d --count 1
until_true 10 more v page_visits_total 1
until_true 10 more o visitors_total 0
until_true 10 more d visitors_total 1
only() { (($(figure "$1" connections) == 1)); }
until_true 10 only v
until_true 10 only d
(($(figure o tickets_wrong_total) == 0 && $(figure d tickets_admitted_total) == 1)) || fail "a visit shows a ticket"
well v d "pages read beside a dial"

# Pages of one origin: the first answer says that there is HTTP/3, so others are read over QUIC.
port=$(free_port) origin_port=$(free_port)
configure_htx p "listen: [\"htx://127.0.0.1:$origin_port\"]"
start p
pages=$(address_of p "htx://127.0.0.1:$origin_port")
pages=$(for _ in {1..8}; do echo -n "\"https://127.0.0.1:$origin_port/#pin=${pages#*&pin=}\", "; done)
configure_htx w "cover_origins: [${pages%, }], cover_count: 8, cover_delay: 3s, cover_minimum: 500ms, cover_maximum: 1s"
configure_htx x "listen: [\"htx+tcp://127.0.0.1:$port\"]"
start x
start w
ctl x peers add "$(ctl w id --invite)" --alias w >/dev/null
ctl w peers add "$(ctl x id --invite --address "$(address_of x "htx+tcp://127.0.0.1:$port")")" --alias x >/dev/null
until_true 15 more w page_visits_over_quic_total 0
until_true 15 more w page_visits_total 7
until_true 10 only w
until_true 10 only x
quiet() { (($(figure "$1" connections) == 0)); }
until_true 10 quiet p
(($(figure w page_visits_over_quic_total) < 8)) || fail "the first page was read over QUIC, though nobody had said so"
(($(figure p visitors_total) >= 8 && $(figure p tickets_wrong_total) == 0)) || fail "pages are not read by visits"
step "once a page has said that there is HTTP/3, pages are read over QUIC"

# The settings of an origin are asked for once, kept, and used.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
pin=$(openssl x509 -in "$work/cert.pem" -noout -pubkey | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1)
port=$(free_port) origin_port=$(free_port)
python3 Tests/System/htx-cover/origin.py serve "$origin_port" "$work/cert.pem" "$work/key.pem" >"$work/origin.log" 2>&1 &
pids+=($!)
until_true 10 grep -q ready "$work/origin.log"
begins_with() { [[ $(python3 Tests/System/htx-cover/origin.py ask "$1") == "$2" ]]; } # port settings
begins_with "$(sed 's/.*:\([0-9]*\)\/.*/\1/' <<<"$origin")" "3=128 4=65536 5=16777215" || fail "without a calibration not nginx's"
configure_htx s "listen: [\"htx+tcp://127.0.0.1:$port\"], cover_minimum: 100ms, cover_maximum: 200ms, \
calibration_origin: \"https://127.0.0.1:$origin_port/#pin=sha256:$pin\""
start s
until_true 15 begins_with "$port" "3=100 4=65535 6=32768"
murder s
start s
until_true 15 begins_with "$port" "3=100 4=65535 6=32768"
(($(grep -c asked "$work/origin.log") == 1)) || fail "asked again: $(cat "$work/origin.log")"
shows '^alt_svc: none$' ctl s htx calibration
shows '^http2: 3=100 4=65535 6=32768, asked [0-9]+ s ago$' ctl s htx calibration
step "a site begins as its origin does, and remembers how"

# Without a folder to keep them in, the settings are used, that is told, and the origin is asked again.
folder=$(find "$work/s/state" -type d -name 'htx*' -print -quit)
[[ -n $folder ]] || fail "nothing is kept: $(find "$work/s/state")"
port=$(free_port)
configure_htx u "listen: [\"htx+tcp://127.0.0.1:$port\"], cover_minimum: 100ms, cover_maximum: 200ms, \
calibration_origin: \"https://127.0.0.1:$origin_port/#pin=sha256:$pin\""
mkdir -p -m 700 "$work/u/state" "$(dirname "${folder/#$work\/s/$work\/u}")"
touch "${folder/#$work\/s/$work\/u}"
for life in 1 2; do
  start u
  until_true 15 begins_with "$port" "3=100 4=65535 6=32768"
  told() { (($(grep -c 'the settings of calibration_origin cannot be stored' "$work/u/log") == life)); }
  until_true 5 told
  murder u
done
(($(grep -c asked "$work/origin.log") == 3)) || fail "not asked again: $(cat "$work/origin.log")"
step "a site whose settings cannot be kept has them, says so, and asks again after its restart"

# The same over QUIC: the site has the idle time of an origin that has HTTP/3, and another one has it from the site.
origin_port=$(free_port) port=$(free_port) last=$(free_port)
follow() { echo "calibration_origin: \"https://127.0.0.1:$2/#pin=$(pin_of "$1" "$2")\", cover_delay: 100ms"; } # name port
pin_of() { address_of "$1" "htx://127.0.0.1:$2" | sed 's/.*&pin=//'; }
configure_htx q "listen: [\"htx://127.0.0.1:$origin_port\"], idle_timeout: 61s"
start q
configure_htx r "listen: [\"htx://127.0.0.1:$port\"], $(follow q "$origin_port")"
start r
same() { shows "^http3: .* max_idle_timeout=61000 .*, asked [0-9]+ s ago$" ctl "$1" htx calibration; }
until_true 15 same r
murder r
start r
until_true 5 same r
configure_htx t "listen: [\"htx://127.0.0.1:$last\"], $(follow r "$port")"
start t
until_true 15 same t
shows '^alt_svc: h3=' ctl t htx calibration
(($(figure q visitors_total) == 2)) || fail "asked more than once over each"
ctl t peers add "$(ctl v id --invite)" --alias v >/dev/null
ctl v peers add "$(ctl t id --invite --address "$(address_of t "htx://127.0.0.1:$last")")" --alias t >/dev/null
until_true 15 ctl v ping t --count 1
over_quic() { (($(figure t links_over_quic) == 1)); }
until_true 5 over_quic
well v t "a site says over QUIC what its origin does, and takes links"

configure_htx c "keepalive_minimum: 2s, keepalive_maximum: 1s"
start c
until_true 10 grep -q 'keepalive_minimum is over keepalive_maximum' "$work/c/log"
step "an upside-down range is refused"
