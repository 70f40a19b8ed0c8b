# The host's side of a freeze and its thaw. docs/scripts.md has the contract in words.
#
#   pre-script    a late attempt: 206;  frozen already: 204;  else arm a timer, freeze: 0 or 201
#   post-script   frozen by this attempt: thaw: 0 or 202;  else 203 (the timer thawed it) or 205
#                 with the id of a forced thaw: thaw whoever froze
#   dry-run       says what this host lacks: 206;  else 0
#
# One application freezes at a time on a host, whatever policy or document it is of. State is
# in /run, which is empty after a reboot: so is whatever was frozen.
set -u
umask 077
state=${LASTGOOD_STATE_DIR:-/run/lastgood}
grace=5 # seconds between TERM and KILL for a command that takes too long
interrupted=0
child=

say() { printf '%s lastgood %s: %s\n' "$(date -u +%FT%TZ)" "$operation" "$*"; }

finish() { # exit code, what to say
  say "$2 (exit code $1)"
  exit "$1"
}

# identify reads who asks. An id that is not lastgood's own is a run of its own: its first
# attempt, and without a fence, since its next attempt may have the same id.
identify() {
  local id=${execution,,}
  local ours='^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{3})-1a57900d([01])([0-9]{3})$'
  run=$id attempt=1 force=0 fenced=0
  if [[ $id =~ $ours && ${BASH_REMATCH[6]} != 000 ]]; then
    run=${BASH_REMATCH[1]}${BASH_REMATCH[2]}${BASH_REMATCH[3]}${BASH_REMATCH[4]}
    force=${BASH_REMATCH[5]} attempt=$((10#${BASH_REMATCH[6]})) fenced=1
  fi
  token=$run.$attempt
}

# lacking lists what this host would need.
lacking() {
  local tool
  ((BASH_VERSINFO[0] >= 4)) || echo "bash 4 or newer, this is $BASH_VERSION;"
  for tool in flock timeout setsid find; do
    command -v "$tool" >/dev/null || echo "the command $tool;"
  done
  if ! mkdir -p "$state/runs" || [[ ! -O $state ]] || ! chmod 700 "$state" || ! : >"$state/probe.$$"; then
    echo "the folder $state, to write to and of one's own;"
  else
    rm -f "$state/probe.$$"
  fi
}

prepare() { # exit code if it cannot
  local lacks
  lacks=$(lacking 2>&1)
  [[ -z $lacks ]] || finish "$1" "nothing was done, this host lacks: ${lacks//$'\n'/ }"
}

# lock waits for its turn. Whoever has it holds file descriptor 9 open, and so does the
# timeout command around what it runs: a pre script that survives its caller keeps the
# lock until it has ended, and nobody thaws what is still being frozen.
lock() { # seconds at most
  exec 9>>"$state/lock"
  flock -w "$1" 9
}

# run_command runs one of the policy's commands, not longer than it may take.
run_command() { # command, seconds
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout -k "$grace" "$2" bash -c 'exec 9>&-; exec bash -c "$1"' lastgood "$1" </dev/null &
  child=$!
  while kill -0 "$child" 2>/dev/null; do # a signal ends a wait early
    ((interrupted == 0)) || kill -TERM "$child" 2>/dev/null
    wait "$child"
  done
  wait "$child"
}

explain() { # exit code
  case $1 in
    124) echo "took too long and was ended" ;;
    137) echo "was killed" ;;
    *) echo "exited with $1" ;;
  esac
}

# arm starts the timer that thaws when nobody else does. systemd keeps it in a unit of its
# own; without systemd it is a process in a session of its own, which outlives the SSM command.
arm() { # the timer's name
  {
    declare -f
    printf 'set -u\numask 077\noperation=timer interrupted=0 child= state=%q grace=%q\nkeep_time "$@"\n' "$state" "$grace"
  } >"$state/timer.new" && mv -f "$state/timer.new" "$state/timer" || return 1
  if timeout 10 systemd-run --quiet --unit="lastgood-thaw-$1" --on-active="$thaw_seconds" --timer-property=AccuracySec=1s \
    "$BASH" "$state/timer" "$1" "$thaw_seconds" 0 </dev/null >/dev/null 2>&1 9>&-; then
    return 0
  fi
  setsid "$BASH" "$state/timer" "$1" "$thaw_seconds" "$thaw_seconds" </dev/null >/dev/null 2>&1 9>&- &
  kill -0 $! 2>/dev/null
}

# keep_time is the timer. It thaws only the very freeze it was armed for, and tries until it has.
keep_time() { # name, seconds between tries, seconds before the first
  local token code
  sleep "$3"
  while exec 9>>"$state/lock" && flock 9 && [[ $(cat "$state/frozen/timer" 2>/dev/null) == "$1" ]]; do
    token=$(<"$state/frozen/token")
    run_command "$(<"$state/frozen/post")" "$(<"$state/frozen/timeout")"
    code=$?
    if ((code == 0)); then
      : >"$state/runs/$token.thawed"
      forget
      log "thawed $token by itself: no post script came in time"
      return
    fi
    log "post $(explain "$code"): $token stays frozen; the next try is in $2 s"
    exec 9>&-
    sleep "$2"
  done
}

log() {
  say "$1"
  logger -t lastgood -- "$1" 2>/dev/null
}

# remember writes down who freezes, and how to thaw it, before anything is frozen.
remember() { # the timer's name
  local new=$state/frozen.new
  rm -rf "$new" && mkdir "$new" && rm -f "$state/runs/$token.thawed" &&
    printf '%s' "$token" >"$new/token" && printf '%s' "$post" >"$new/post" &&
    printf '%s' "$timeout_seconds" >"$new/timeout" && printf '%s' "$1" >"$new/timer" &&
    mv "$new" "$state/frozen"
}

# forget says that nothing is frozen. The timer would find nothing to do; it need not wait for that.
forget() {
  local timer
  timer=$(cat "$state/frozen/timer" 2>/dev/null)
  rm -rf "$state/frozen.old"
  mv "$state/frozen" "$state/frozen.old" && rm -rf "$state/frozen.old" || return 1
  timeout 10 systemctl --quiet stop "lastgood-thaw-$timer.timer" </dev/null >/dev/null 2>&1 9>&-
  return 0
}

fence() { cat "$state/runs/$run.fence" 2>/dev/null || echo 0; }

# raise_fence keeps out attempts that this thaw makes late.
raise_fence() {
  local upto=$((attempt - force))
  if ((fenced == 0 || upto <= $(fence))); then return 0; fi
  printf '%s' "$upto" >"$state/runs/$run.fence.new" && mv -f "$state/runs/$run.fence.new" "$state/runs/$run.fence"
}

pre_script() {
  local timer code
  prepare 201
  lock 10 || finish 204 "another pre or post script is running on this host; nothing was done"
  ((force == 0)) || finish 206 "this id only thaws; nothing was done"
  ((fenced == 0 || attempt > $(fence))) || finish 206 "attempt $token comes after its thaw; nothing was done"
  [[ ! -d $state/frozen ]] || finish 204 "already frozen by $(<"$state/frozen/token"); nothing was done"

  trap 'interrupted=1; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null' TERM INT HUP
  timer=$token.$$.$RANDOM
  arm "$timer" || finish 201 "no timer could be armed; nothing was frozen"
  remember "$timer" || finish 201 "$state could not be written; nothing was frozen"
  say "freezing for $token; without a post script it thaws by itself in $thaw_seconds s"
  run_command "$pre" "$timeout_seconds"
  code=$?
  trap : TERM INT HUP
  if ((interrupted)); then
    interrupted=0
    say "interrupted; running post to clean up"
  elif ((code == 0)); then
    finish 0 "frozen"
  elif ((code == 206)); then
    forget
    finish 206 "pre says that the application is not ready; nothing was frozen"
  else
    say "pre $(explain "$code"); running post to clean up"
  fi
  run_command "$post" "$timeout_seconds"
  code=$?
  ((code == 0)) || finish 201 "post $(explain "$code"); it counts as frozen, and the timer will try again"
  forget
  finish 201 "pre failed; thawed"
}

post_script() {
  local by code fence_stands=1
  prepare 202
  lock $((timeout_seconds + 2 * grace)) || finish 202 "another pre or post script is still running on this host; nothing was done"
  trap : TERM INT HUP
  raise_fence || fence_stands=0
  find "$state/runs" -type f -mtime +14 -delete
  by=$(cat "$state/frozen/token" 2>/dev/null)
  if [[ -n $by ]] && { [[ $by == "$token" ]] || ((force)); }; then
    say "thawing what $by froze"
    run_command "$(<"$state/frozen/post")" "$(<"$state/frozen/timeout")"
    code=$?
    ((code == 0)) || finish 202 "post $(explain "$code"); it counts as frozen, and the timer will try again"
    forget && ((fence_stands)) || finish 202 "thawed, but $state could not be written"
    finish 0 "thawed"
  fi
  ((fence_stands)) || finish 202 "$state could not be written"
  if ((force == 0)) && [[ -e $state/runs/$token.thawed ]]; then
    finish 203 "it thawed by itself before this"
  fi
  finish 205 "not frozen by $token${by:+, but by $by}; nothing was done"
}

dry_run() {
  local lacks name timer=setsid
  lacks=$(
    lacking 2>&1
    for name in pre post; do
      bash -n -c "${!name}" 2>&1 | sed "s/^/a $name command without this error: /; s/\$/;/"
    done
  )
  [[ -z $lacks ]] || finish 206 "this host lacks: ${lacks//$'\n'/ }"
  if [[ -d /run/systemd/system ]] && command -v systemd-run >/dev/null; then timer=systemd; fi
  say "ready; timer: $timer; thaws by itself in $thaw_seconds s; frozen now: $(cat "$state/frozen/token" 2>/dev/null || echo no)"
  finish 0 "nothing was done"
}

identify
case $operation in
  pre-script) pre_script ;;
  post-script) post_script ;;
  dry-run) dry_run ;;
  *) finish 1 "the command is one of pre-script, post-script, dry-run" ;;
esac
