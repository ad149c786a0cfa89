// What ical.js says of calendars: node calendars.mjs MOST FILE... prints a line of JSON for every file.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const [most, ...files] = process.argv.slice(2);

const moment = (time) => (time.isDate ? time.toString() : time.toUnixTime());

function check(component, complaints) {
  for (const property of component.getAllProperties()) {
    const tzid = property.getParameter("tzid");
    for (const value of property.getValues()) {
      if (tzid && value.zone.tzid !== tzid) complaints.push(`${property.name}: no zone ${tzid}`);
    }
  }
  component.getAllSubcomponents().forEach((part) => check(part, complaints));
}

function appointment(component) {
  const event = new ICAL.Event(component);
  const starts = [];
  const dates = event.iterator();
  for (let next; starts.length < Number(most) && (next = dates.next()); ) starts.push(moment(next));
  return [event.uid, event.summary, component.hasProperty("dtend") ? moment(event.endDate) : null, starts];
}

for (const file of files) {
  const complaints = [];
  let appointments = [];
  try {
    const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf-8")));
    check(calendar, complaints);
    appointments = calendar.getAllSubcomponents("vevent").map(appointment);
  } catch (error) {
    complaints.push(String(error));
  }
  console.log(JSON.stringify({ complaints, appointments }));
}
