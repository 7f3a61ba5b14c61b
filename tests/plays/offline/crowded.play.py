#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a play: what is as crowded as a stanza may be waits and arrives, with what we add to it."""

attributes = " ".join(f"a{number}='1'" for number in range(62))
declarations = " ".join(f"xmlns:p{number}='urn:{number}'" for number in range(60))
prefixed = " ".join(f"p{number}:a='1'" for number in range(60))
print(f"""# XEP-0160: a stanza that was taken can be read again, whatever we have added to it.

cast
  Ann  ann/desk
  Bob  bob/desk later

Ann ignores <a xmlns='urn:xmpp:sm:3' _=''/>
Ann sends <enable xmlns='urn:xmpp:sm:3'/>
Ann gets <enabled xmlns='urn:xmpp:sm:3'/>
Ann sends
  <message to='bob@here' id='1' {attributes}><body>x</body></message>
  <message to='bob@here' id='2' {declarations}><body>x</body><x xmlns='urn:x' {prefixed}/></message>
Ann sends raw <message to='bob@here' id='3'><body/>$(<a/>*9998)</message><r xmlns='urn:xmpp:sm:3'/>

Bob signs in
Bob ignores <presence _=''>...</presence>
Bob sends <presence/>
Bob gets within 10 s
  <message from='$Ann' to='bob@here' id='1' _=''>...</message>
  <message from='$Ann' to='bob@here' id='2'>...</message>
  <message from='$Ann' to='bob@here' id='3'>...</message>

# there is no way to write this one down for others
Ann sends <message to='bob@here'><xml:foo/></message>
Ann gets <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>...</stream:error>
Ann is closed""")
