#!/bin/sh
# examples/hosting/s3-upload.sh
# Upload the output folder to a bucket: s3-upload.sh public s3://bucket/feeds. Run it after each build.
set -eu
folder=$1 target=$2

# Upload changed files with one suffix, and set their media type. Further arguments go to aws.
upload() {
    suffix=$1 type=$2
    shift 2
    aws s3 sync "$folder" "$target" --no-progress --exclude "*" --include "*$suffix" --exclude "*.topicfeeds*" \
        --content-type "$type" --cache-control max-age=300 "$@"
}

upload .atom.xml "application/atom+xml; charset=utf-8"
upload .rss.xml "application/rss+xml; charset=utf-8"
upload .json application/feed+json
upload .ics "text/calendar; charset=utf-8"
upload .html "text/html; charset=utf-8"
upload .css "text/css; charset=utf-8"
upload .opml "text/x-opml; charset=utf-8"

# Last, remove the files of feeds that are gone. With --size-only, no file is uploaded again without its media type.
aws s3 sync "$folder" "$target" --no-progress --delete --size-only --exclude "*" --include "*.atom.xml" \
    --include "*.rss.xml" --include "*.json" --include "*.ics" --include "*.html" --include "*.css" --include "*.opml" \
    --exclude "*.topicfeeds*"
