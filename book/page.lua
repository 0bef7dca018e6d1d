-- book/page.lua - a sheet of the course as a page of the book
--
-- A filter for pandoc.  In the environment:
--   BOOK_PAGE    the page's name ("02-namespaces"); its links point to others by theirs
--   BOOK_DIR     the folder that the source lies in, relative to the course
--   BOOK_PAGES   "PATH=PAGE" for every page, separated by spaces
--   BOOK_STEPS   the step programs in that folder
--   BOOK_EXTRA   folder of ready pieces: PAGE--SECTION.html goes to the end of that section
--   BOOK_INDEX   file to append a line for each section to: page, id, level, title, text
--   BOOK_WHOLE   "yes": one part of a single page: every id begins with the page's name,
--                and nothing is folded

local page, dir = os.getenv('BOOK_PAGE'), os.getenv('BOOK_DIR') or '.'
local extra, index = os.getenv('BOOK_EXTRA'), os.getenv('BOOK_INDEX')
local whole = os.getenv('BOOK_WHOLE') == 'yes'
local pages = {}
for path, name in (os.getenv('BOOK_PAGES') or ''):gmatch('(%S+)=(%S+)') do pages[path] = name end

local function html(text) return pandoc.RawBlock('html', text) end

local function escape(text)
    return (text:gsub('[&<>"]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;' }))
end

local function read_file(path)
    local file = io.open(path)
    if not file then return nil end
    local text = file:read('a')
    file:close()
    return text
end

-- ---- console blocks -------------------------------------------------------

-- Each line of a console block with what it is: command or output.  A command
-- that ends in a backslash goes on in the next line.
local function console_lines(text)
    local lines, open = {}, false
    for line in (text .. '\n'):gmatch('(.-)\n') do
        local sign = not open and line:match('^([$#]) ')
        if sign then
            table.insert(lines, { kind = 'first', sign = sign, text = line:sub(3) })
        else
            table.insert(lines, { kind = open and 'more' or 'output', text = line })
        end
        if sign or open then open = line:match('\\%s*$') ~= nil end
    end
    return lines
end

local function console(text, class, commands_only)
    local out = {}
    for _, line in ipairs(console_lines(text)) do
        local escaped = escape(line.text)
        if line.kind == 'first' then
            local who = line.sign == '#' and 'root' or 'user'
            escaped = '<span class="prompt ' .. who .. '">' .. line.sign .. ' </span><span class="cmd">' .. escaped .. '</span>'
        elseif line.kind == 'more' then
            escaped = '<span class="cmd more">' .. escaped .. '</span>'
        else
            escaped = escaped:gsub('%.%.%.', '<span class="any">...</span>')
        end
        if not commands_only or line.kind ~= 'output' then table.insert(out, escaped) end
    end
    return html('<pre class="console ' .. class .. '"><code>' .. table.concat(out, '\n') .. '</code></pre>')
end

local function is_console(block)
    return block and block.t == 'CodeBlock' and block.classes[1] == 'console'
end

-- ---- sections -------------------------------------------------------------

-- asks BLOCK: does it begin with "Predict." in bold?
local function asks(block)
    local first = block.t == 'Para' and block.content[1]
    return first and first.t == 'Strong' and pandoc.utils.stringify(first) == 'Predict.'
end

-- All the words of a section, for the search.
local function words(blocks)
    local out = {}
    local function take(el) table.insert(out, el.text) end
    local function blank() table.insert(out, ' ') end
    for _, block in ipairs(blocks) do
        pandoc.walk_block(pandoc.Div({ block }), {
            Str = take, Code = take, Space = blank, SoftBreak = blank, LineBreak = blank,
            CodeBlock = function(el) table.insert(out, ' ' .. el.text .. ' ') end,
        })
        blank()
    end
    return (table.concat(out):gsub('%s+', ' '))
end

-- fold BLOCKS: what follows a question up to the next is hidden until the
-- reader has thought.  The commands of the first block stay in sight, to be tried.
local function fold(blocks)
    local out, open = {}, false
    local function close()
        if open then table.insert(out, html('</details>')) end
        open = false
    end
    local asked = false
    for _, block in ipairs(blocks) do
        if asks(block) then
            close()
            asked = true
            block = pandoc.Div({ block }, pandoc.Attr('', { 'predict' }))
        elseif asked and not open and is_console(block) then
            if not whole then table.insert(out, console(block.text, 'try', true)) end
            table.insert(out, html('<details class="answer"' .. (whole and ' open' or '') ..
                '><summary>Show what happens</summary>'))
            open = true
        end
        table.insert(out, block)
    end
    close()
    return out
end

-- The program that a step is about: stepN-*.c beside the sheet.
local function source(number)
    local found
    for name in (os.getenv('BOOK_STEPS') or ''):gmatch('%S+') do
        if name:match('^step' .. number .. '%-.*%.c$') then found = name end
    end
    if not found or whole then return {} end
    local text = read_file(dir .. '/' .. found)
    local _, lines = text:gsub('\n', '\n')
    return {
        html('<details class="source"><summary>Read the program: <code>' .. found .. '</code>, ' .. lines .. ' lines</summary>'),
        pandoc.CodeBlock(text, pandoc.Attr('', { 'c' })),
        html('</details>'),
    }
end

-- A step is #stepN, so that links to it outlive a better title.
local function section_id(header)
    local number = pandoc.utils.stringify(header):match('^Step (%d+):')
    return number and 'step' .. number or header.identifier, number
end

local function note(id, level, title, blocks)
    if not index then return end
    local file = assert(io.open(index, 'a'))
    file:write(table.concat({ page, id, level, title, words(blocks) }, '\t'), '\n')
    file:close()
end

local function append(list, more) for _, block in ipairs(more) do table.insert(list, block) end end

function sections(doc)
    local out, current = {}, nil
    local function finish()
        if not current then return end
        note(current.id, current.level, current.title, current.blocks)
        if current.header then table.insert(out, current.header) end
        local ready = extra and read_file(extra .. '/' .. page .. '--' .. current.id .. '.html')
        if ready then
            if whole then ready = ready:gsub('id="', 'id="' .. page .. '-'):gsub('url%(#', 'url(#' .. page .. '-') end
            table.insert(current.blocks, html(ready))
        end
        append(out, fold(current.blocks))
        if current.number then append(out, source(current.number)) end
    end
    for _, block in ipairs(doc.blocks) do
        if block.t == 'Header' and block.level <= 3 then
            finish()
            local title = pandoc.utils.stringify(block)
            local id, number = section_id(block)
            if block.level == 1 then id = 'top' end
            block.identifier = whole and (page .. (id == 'top' and '' or '-' .. id)) or id
            current = { id = id, level = block.level, title = title, header = block, number = number, blocks = {} }
        else
            current = current or { id = 'top', level = 1, title = page, blocks = {} }
            table.insert(current.blocks, block)
        end
    end
    finish()
    return pandoc.Pandoc(out, doc.meta)
end

-- ---- links ----------------------------------------------------------------

-- join FOLDER PATH: without . and ..
local function join(folder, path)
    local parts = {}
    for part in (folder .. '/' .. path):gmatch('[^/]+') do
        if part == '..' then table.remove(parts) elseif part ~= '.' then table.insert(parts, part) end
    end
    return table.concat(parts, '/')
end

-- A link to a sheet becomes one to its page, a link to any other file of the
-- course its text alone.  A link to nothing is an error.
local function link(el)
    if el.target:match('^%a[%w+.-]*:') then return nil end
    local path, anchor = el.target:match('^([^#]*)(#?.*)$')
    local name = page
    if path ~= '' then
        local full = join(dir, path)
        name = pages[full] or pages[full .. '/README.md'] or (path:match('^([%w.-]+)%.html$'))
        if not name then
            local file = io.open(full)
            if not file then error(dir .. ': a link to ' .. el.target .. ', which does not exist') end
            file:close()
            return pandoc.Span(el.content, pandoc.Attr('', { 'file' }, { title = full }))
        end
    end
    if whole then
        el.target = '#' .. name .. anchor:gsub('^#', '-'):gsub('^%-top$', '')
    else
        el.target = (path == '' and '' or name .. '.html') .. anchor
    end
    return el
end

local function code(el)
    if is_console(el) then return console(el.text, 'shown', false) end
end

local function wide(el) return pandoc.Div({ el }, pandoc.Attr('', { 'scroll' })) end

-- What a block needs is for harness/walk.
local function comment(el) if el.format == 'html' and el.text:match('^<!%-%-') then return {} end end

return { { Pandoc = sections }, { Link = link, CodeBlock = code, Table = wide, RawBlock = comment } }
