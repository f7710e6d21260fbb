#!/bin/sh
# Every fuzz target for so many seconds each, one after the other; stops at the first that fails. See README.md.
#   tests/fuzz/run.sh SECONDS [TARGET...]
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
[ $# -gt 0 ] || set -- images annotations grounded coco_results table florence_text bundle
for target in "$@"; do
    # The goldens of every reader are seeds too; what is found goes to the corpus alone.
    seeds=$(find tests/reference -type d \( -name images -o -name label_maps -o -name files \))
    mkdir -p "tests/fuzz/corpus/$target"
    # The limit on one allocation is what Limits allow in images.rs, some times over.
    cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" "tests/fuzz/corpus/$target" $seeds -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=512 -malloc_limit_mb=128 -print_final_stats=1
done
