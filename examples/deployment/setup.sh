# First copy the site file and its sources to /opt/feeds. Then run this as root, in a checkout of topicfeeds.
# Use Debian's Python: the service cannot read a Python in a home folder.
adduser --system --group --no-create-home --home /opt/feeds feeds
/usr/bin/python3 -m venv /opt/feeds/.venv
/opt/feeds/.venv/bin/pip install .
install -d -o feeds -g feeds -m 755 /opt/feeds/public
install -d -o feeds -g feeds -m 700 /opt/feeds/.topicfeeds /var/backups/topicfeeds
